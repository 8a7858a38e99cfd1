import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_second_factor_rule"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="origin",
            field=models.CharField(
                choices=[
                    ("hand", "a member"),
                    ("arrival", "the first sign-in"),
                    ("directory", "the directory"),
                    ("visit", "a visit"),
                ],
                db_default="hand",
                default="hand",
                max_length=9,
                verbose_name="let in by",
            ),
        ),
        migrations.CreateModel(
            name="DirectoryFacts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "provider",
                    models.CharField(
                        choices=[
                            ("any", "any provider"),
                            ("github", "GitHub"),
                            ("entra", "Microsoft Entra"),
                            ("google", "Google"),
                            ("oidc", "OpenID Connect"),
                        ],
                        max_length=10,
                        verbose_name="provider",
                    ),
                ),
                ("facts", models.JSONField(default=dict, verbose_name="facts")),
                ("at", models.DateTimeField(auto_now=True, verbose_name="at")),
                (
                    "pilot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="directory_facts",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="pilot",
                    ),
                ),
            ],
            options={
                "verbose_name": "directory facts",
                "verbose_name_plural": "directory facts",
                "constraints": [
                    models.UniqueConstraint(fields=("pilot", "provider"), name="a_provider_says_one_thing_of_a_pilot")
                ],
            },
        ),
        migrations.CreateModel(
            name="DirectoryRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                (
                    "provider",
                    models.CharField(
                        choices=[
                            ("any", "any provider"),
                            ("github", "GitHub"),
                            ("entra", "Microsoft Entra"),
                            ("google", "Google"),
                            ("oidc", "OpenID Connect"),
                        ],
                        default="any",
                        max_length=10,
                        verbose_name="provider",
                    ),
                ),
                (
                    "looks_at",
                    models.CharField(
                        choices=[
                            ("organization", "GitHub organization"),
                            ("team", "GitHub team (organization/team)"),
                            ("app_role", "Entra app role"),
                            ("group", "group (Entra: its object id; Google: its address)"),
                            ("domain", "domain (Google Workspace, or of a verified e-mail address)"),
                            ("claim", "any claim (path = value)"),
                            ("scope", "OAuth scope"),
                            ("person", "one person (public id or verified e-mail address)"),
                        ],
                        max_length=12,
                        verbose_name="looks at",
                    ),
                ),
                ("value", models.CharField(max_length=300, verbose_name="value")),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="directory_rules",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.platform",
                        verbose_name="platform",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="auth.group",
                        verbose_name="role",
                    ),
                ),
            ],
            options={
                "verbose_name": "directory rule",
                "verbose_name_plural": "directory rules",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "position"), name="directory_rules_stand_in_a_row")
                ],
            },
        ),
        migrations.CreateModel(
            name="PlatformRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("hand", "a member"),
                            ("arrival", "the first sign-in"),
                            ("directory", "the directory"),
                            ("visit", "a visit"),
                        ],
                        db_default="hand",
                        default="hand",
                        max_length=9,
                        verbose_name="given by",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="platform_roles",
                        to="accounts.membership",
                        verbose_name="member",
                    ),
                ),
                (
                    "platform",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.platform",
                        verbose_name="platform",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="auth.group",
                        verbose_name="role",
                    ),
                ),
            ],
            options={
                "verbose_name": "role on a platform",
                "verbose_name_plural": "roles on platforms",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("membership", "platform"), name="a_member_has_one_role_on_a_platform"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=80, verbose_name="title")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="created"),
                ),
                (
                    "group",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="made",
                        to="auth.group",
                        verbose_name="group",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "role",
                "verbose_name_plural": "roles",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("organization"),
                        django.db.models.functions.text.Lower("title"),
                        name="a_role_has_one_title_in_its_organization",
                    )
                ],
            },
        ),
    ]
