from urllib.parse import urlsplit

from django.db import migrations, models


def hosts_of_roots(apps, schema_editor):
    for call in apps.get_model("mirror", "MirrorCall").objects.all():
        call.host = urlsplit(call.host).netloc
        call.save()


class Migration(migrations.Migration):
    dependencies = [("mirror", "0002_notes")]

    operations = [
        migrations.RemoveIndex("mirrorcall", "mirror_call"),
        migrations.RenameField("mirrorcall", "source", "host"),
        migrations.RunPython(hosts_of_roots, migrations.RunPython.noop),
        migrations.AddIndex(
            "mirrorcall", models.Index(fields=["host", "moment"], name="mirror_call")
        ),
    ]
