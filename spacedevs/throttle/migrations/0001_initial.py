from django.db import migrations, models

# UNLOGGED: no commit waits for the disk, and what a crash loses is an hour's count.
MAKE = """
CREATE UNLOGGED TABLE throttle_calls (
    ident text PRIMARY KEY,
    leaving bigint[] NOT NULL,
    admitted boolean NOT NULL,
    moment bigint NOT NULL
)
"""


def on_postgresql(sql):
    """SQLite has its counts in a file of their own."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Whose it is, or what for.', max_length=100)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('expires', models.DateTimeField(blank=True, help_text='Empty: never.', null=True)),
                ('revoked', models.BooleanField(default=False, help_text='It is refused from now on.')),
                ('last_used', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'ordering': ('-created', '-id'),
            },
        ),
        migrations.RunPython(on_postgresql(MAKE), on_postgresql("DROP TABLE throttle_calls")),
    ]
