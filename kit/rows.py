"""A row on its way in: what is wrong with it is said in a sentence, not by a crash of the database."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from kit.canonical import check_json
from kit.errors import BadInput, Refusal


def check_row(row: models.Model, *, but: Collection[str] = ()) -> None:
    """The model's own validation as BadInput, one error a field. Constraints keep the last word."""
    try:
        row.full_clean(exclude=but, validate_unique=False, validate_constraints=False)
    except ValidationError as wrong:
        errors = [{"field": field, "message": " ".join(said)} for field, said in wrong.message_dict.items()]
        raise BadInput("; ".join(f"{e['field']}: {e['message']}" for e in errors), errors=errors) from None
    for field in row._meta.concrete_fields:
        if type(value := getattr(row, field.attname)) in {str, dict, list}:
            check_json(value, field.name)


def insert(row: models.Model, *, taken: str) -> None:
    """Check and write a new row; Refusal(`taken`) when it repeats what has to be unique."""
    check_row(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != "23505":
            raise
        raise Refusal(taken) from None
