from django.db import migrations

CREATE = """
CREATE TRIGGER a_guardian_version_is_immutable BEFORE UPDATE OR DELETE ON guardians_guardianversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change('A guardian version never changes; post a new one.');
CREATE TRIGGER guardian_versions_are_never_emptied BEFORE TRUNCATE ON guardians_guardianversion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('A guardian version never changes; post a new one.');
"""

DROP = """
DROP TRIGGER a_guardian_version_is_immutable ON guardians_guardianversion;
DROP TRIGGER guardian_versions_are_never_emptied ON guardians_guardianversion;
"""


class Migration(migrations.Migration):
    dependencies = [("guardians", "0001_initial"), ("audit", "0002_append_only")]

    operations = [migrations.RunSQL(CREATE, DROP)]
