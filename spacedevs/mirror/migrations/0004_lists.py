import django.db.models.deletion
from django.db import migrations, models


def only_whole_catalogues(apps, schema_editor):
    """`as_of` was that of any run; it is that of a whole catalogue now."""
    apps.get_model("mirror", "MirrorRun").objects.filter(complete=False).update(as_of=None)


class Migration(migrations.Migration):
    dependencies = [("mirror", "0003_calls_of_a_host")]

    operations = [
        migrations.RunPython(only_whole_catalogues, migrations.RunPython.noop),
        migrations.RemoveField("mirrorrun", "complete"),
        migrations.AlterField(
            "mirrorrun",
            "outcome",
            models.CharField(
                choices=[
                    ("running", "Running"),
                    ("done", "Done"),
                    ("unchanged", "Unchanged"),
                    ("partly", "Partly"),
                    ("unfinished", "unfinished: out of calls"),
                    ("failed", "Failed"),
                ],
                default="running",
                max_length=16,
            ),
        ),
        migrations.DeleteModel("MirrorPage"),
        migrations.CreateModel(
            name="MirrorList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=255)),
                ("resource", models.CharField(max_length=100)),
                ("count", models.IntegerField(default=0)),
                ("page_size", models.IntegerField(default=100)),
                ("fault", models.TextField(blank=True)),
                ("disbelieved", models.BooleanField(default=False)),
                ("read_at", models.DateTimeField(null=True)),
                ("loaded_at", models.DateTimeField(null=True)),
                ("compared_at", models.DateTimeField(null=True)),
                ("loaded", models.TextField(default="{}")),
            ],
            options={
                "verbose_name": "mirror list",
                "constraints": [models.UniqueConstraint(fields=("source", "resource"), name="mirror_list")],
            },
        ),
        migrations.CreateModel(
            name="MirrorPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("offset", models.IntegerField()),
                ("limit", models.IntegerField()),
                ("length", models.IntegerField()),
                ("count", models.IntegerField()),
                ("date", models.DateTimeField()),
                ("etag", models.CharField(max_length=200, null=True)),
                ("digest", models.BinaryField()),
                ("objects_read", models.TextField()),
                ("changed", models.BinaryField()),
                ("staged", models.BooleanField(default=True)),
                ("times", models.IntegerField(default=1)),
                (
                    "list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pages",
                        to="mirror.mirrorlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "mirror page",
                "ordering": ("offset",),
                "constraints": [models.UniqueConstraint(fields=("list", "offset"), name="mirror_page")],
            },
        ),
    ]
