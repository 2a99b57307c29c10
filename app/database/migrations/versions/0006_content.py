"""The utility's own texts, version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer, nullable=False),
        sa.Column("made_by", sa.String(120), nullable=False),
        sa.Column("restored", sa.Integer),
        sa.UniqueConstraint("name", "language", "number", name="uq_content_version_number"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER content_version_no_{what.lower()} BEFORE {what} ON content_version"
                " BEGIN SELECT RAISE(ABORT, 'versions of texts are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION content_version_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'versions of texts are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER content_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE"
        " ON content_version"
        " FOR EACH STATEMENT EXECUTE FUNCTION content_version_is_append_only()"
    )


def downgrade() -> None:
    op.drop_table("content_version")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION content_version_is_append_only()")
