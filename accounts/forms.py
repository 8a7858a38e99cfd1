"""The shape of what people fill in about themselves."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import ReauthenticateForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import context
from allauth.utils import get_form_class
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import keyboard
from accounts.directory import Rule
from accounts.models import LONGEST as LONGEST_KEPT
from accounts.models import LooksAt, Notice, Pilot, Preferences, Provider
from accounts.roles import IN_WORDS
from kit.errors import BadInput

LONGEST = {"name": 100, "organization": 200}
# What only an astronomer or a program asks for is left out.
ZONES = sorted(
    zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
)


# For how many days a key lasts, and for how many hours the old one goes on beside the new.
LASTS = [(0, _("until it is revoked")), (30, _("30 days")), (90, _("90 days")), (365, _("one year"))]
OVERLAPS = [(24, _("one day")), (168, _("one week")), (720, _("30 days")), (1, _("one hour")), (0, _("not at all"))]


class SwitchForm(forms.Form):
    organization = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class PreferencesForm(forms.Form):
    """All of one's own settings; `keys` come as one field an act."""

    theme = forms.ChoiceField(choices=Preferences.Theme.choices, required=False)
    density = forms.ChoiceField(choices=Preferences.Density.choices, required=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
    time_zone = forms.ChoiceField(choices=[(zone, zone) for zone in ["UTC", *ZONES]], required=False)
    layout = forms.ChoiceField(choices=Preferences.Layout.choices)
    page_size = forms.IntegerField(min_value=10, max_value=100)
    single_keys = forms.BooleanField(required=False)
    notify = forms.MultipleChoiceField(choices=Notice.choices, required=False)

    def __init__(self, *args: Any, preferences: Preferences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preferences = preferences

    @property
    def values(self) -> dict[str, Any]:
        """Each field as it was sent, else as it is kept."""
        return {name: self[name].value() if self.is_bound else getattr(self.preferences, name) for name in self.fields}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said = {act: self.data.get(f"key-{act}", shipped) for act, (shipped, _words) in keyboard.KEYS.items()}
        cleaned["keys"] = keyboard.own_keys(said)
        for act, sentence in keyboard.faults(cleaned["keys"]).items():
            self.add_error(None, forms.ValidationError(sentence, code=act))
        return cleaned

    def key_rows(self) -> Iterator[dict[str, Any]]:
        """Each act with the key it has, the one it came with, and what is wrong with it."""
        own = self.preferences.keys
        wrong = {error.code: error.messages[0] for error in self.non_field_errors().as_data()}
        for act, (shipped, words) in keyboard.KEYS.items():
            key = self.data.get(f"key-{act}", shipped) if self.is_bound else own.get(act, shipped)
            yield {"act": act, "words": words, "shipped": shipped, "key": key, "error": wrong.get(act, "")}


class ChoiceForm(forms.Form):
    """One choice made in passing, by a button of the bar or of the queue: whatever of these is sent."""

    theme = forms.ChoiceField(choices=Preferences.Theme.choices, required=False)
    density = forms.ChoiceField(choices=Preferences.Density.choices, required=False)
    layout = forms.ChoiceField(choices=Preferences.Layout.choices, required=False)
    single_keys = forms.BooleanField(required=False)

    def chosen(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name in self.data}


class OrganizationForm(forms.Form):
    name = forms.CharField(max_length=LONGEST["organization"])
    rearm_by_two = forms.BooleanField(required=False)
    second_factor_roles = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, roles: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["second_factor_roles"].choices = [(role, role) for role in roles]  # type: ignore[attr-defined]


class Names(forms.MultipleChoiceField):
    """Whatever is ticked: what there is to tick belongs to another app, and the action says what is no name."""

    def valid_value(self, value: object) -> bool:
        return True


class TokenForm(forms.Form):
    """A key for one's own programs. What is left out narrows nothing."""

    name = forms.CharField(max_length=LONGEST["name"])
    scopes = forms.MultipleChoiceField()
    gates = Names(required=False)
    networks = forms.CharField(required=False, max_length=2000)
    lasts = forms.TypedChoiceField(choices=LASTS, coerce=int, empty_value=0, required=False)

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [(scope, scope) for scope in scopes]  # type: ignore[attr-defined]

    def clean_networks(self) -> list[str]:
        """One a line, or with commas."""
        said: str = self.cleaned_data["networks"]
        return said.replace(",", " ").split()

    def asked(self) -> dict[str, Any]:
        """What `create_key` takes."""
        said = {name: self.cleaned_data[name] for name in ("name", "scopes", "gates", "networks")}
        days = self.cleaned_data["lasts"]
        return said | {"expires_at": timezone.now() + timedelta(days=days) if days else None}


class KeyForm(TokenForm):
    """A key for any member: of which platform the work is that comes with it, too."""

    member = forms.CharField(max_length=200)
    platform = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class RotationForm(forms.Form):
    overlap = forms.TypedChoiceField(choices=OVERLAPS, coerce=lambda hours: timedelta(hours=int(hours)))


class AbsenceForm(forms.Form):
    """Who stands in, by public id, and the day one is back: until that day begins, where one is."""

    delegate = forms.CharField(required=False, max_length=200)
    back_on = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        day = said.get("back_on")
        until = timezone.make_aware(datetime.combine(day, time())) if day else None
        return {"delegate": said.get("delegate", ""), "until": until}


class SessionForm(forms.Form):
    """Which one to end; without it, all but the one at hand, or `everywhere`."""

    session = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    everywhere = forms.BooleanField(required=False)


class InviteForm(forms.Form):
    """Whom to let in: an address or nobody in particular, as what, and until when."""

    email = forms.EmailField(required=False)
    role = forms.CharField(max_length=150)
    days = forms.IntegerField(min_value=1, max_value=30)


class PartingForm(forms.Form):
    """Who gets what is in the hands of somebody who goes: a public id, or nobody."""

    to = forms.CharField(required=False, max_length=200)


class JoinForm(forms.Form):
    """A new account for an invitation."""

    username = forms.CharField(max_length=150)
    name = forms.CharField(required=False, max_length=200)
    password = forms.CharField(strip=False, max_length=1000)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        about = Pilot(username=self.cleaned_data.get("username", ""), name=self.cleaned_data.get("name", ""))
        validate_password(password, about)
        return password


class VisitForm(forms.Form):
    """Why a platform administrator goes into an organization, as what, and for how long."""

    role = forms.CharField(max_length=150)
    reason = forms.CharField(max_length=500)
    hours = forms.IntegerField(min_value=1, max_value=8)


class NewOrganizationForm(forms.Form):
    """A new organization, and the address of whom to invite as its first Admin, if it is known."""

    name = forms.CharField(max_length=LONGEST["organization"])
    slug = forms.SlugField(max_length=60)
    email = forms.EmailField(required=False)


class ReasonForm(forms.Form):
    """Why: the ledger keeps it."""

    reason = forms.CharField(max_length=500)


class RetentionForm(forms.Form):
    """For how many days records are kept; empty: for ever."""

    settled = forms.IntegerField(min_value=1, max_value=LONGEST_KEPT, required=False)
    ledger = forms.IntegerField(min_value=1, max_value=LONGEST_KEPT, required=False)


def cleaned(form: forms.Form) -> dict[str, Any]:
    """What a form holds. Raises BadInput, one error a field."""
    if form.is_valid():
        return dict(form.cleaned_data)
    errors = [
        {"field": str(form.fields[name].label or name), "message": " ".join(map(str, said))}
        for name, said in form.errors.items()
    ]
    raise BadInput("; ".join(f"{e['field']}: {e['message']}" for e in errors), errors=errors)


class PasswordProofForm(ReauthenticateForm):
    def save(self) -> None:
        reauthenticate_by_password(context.request)


def proof_form(request: HttpRequest) -> forms.Form:
    """The form of whatever was sent to show again who one is: a password, an assertion of a passkey, or a code."""
    if "password" in request.POST:
        sent: type[Any] = PasswordProofForm
    else:
        kind = "reauthenticate_webauthn" if "credential" in request.POST else "reauthenticate"
        sent = get_form_class(settings.MFA_FORMS, kind, None)
    form: forms.Form = sent(user=request.user, data=request.POST)
    return form


class RoleForm(forms.Form):
    """A role made by an organization. Its title is said once, when it is made."""

    title = forms.CharField(max_length=80, required=False)
    description = forms.CharField(max_length=300, required=False)
    powers = forms.MultipleChoiceField(choices=list(IN_WORDS.items()), required=False)


class MemberRolesForm(forms.Form):
    """The role a member has everywhere, and by platform the ones that differ; empty: as everywhere."""

    role = forms.CharField(max_length=150)

    def __init__(self, *args: Any, platforms: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.platforms = platforms
        for slug in platforms:
            self.fields[f"on-{slug}"] = forms.CharField(max_length=150, required=False, label=slug)

    @property
    def on(self) -> dict[str, str]:
        said = {slug: self.cleaned_data[f"on-{slug}"] for slug in self.platforms}
        return {slug: role for slug, role in said.items() if role}


class RuleForm(forms.Form):
    """One rule of the directory, as a line of the list."""

    provider = forms.ChoiceField(choices=Provider.choices, initial=Provider.ANY)
    looks_at = forms.ChoiceField(choices=LooksAt.choices, initial=LooksAt.ORGANIZATION)
    value = forms.CharField(max_length=300, required=False)
    role = forms.ChoiceField()
    platform = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, roles: list[str], platforms: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role, role) for role in roles]  # type: ignore[attr-defined]
        self.fields["platform"].choices = [("", ""), *platforms]  # type: ignore[attr-defined]


class _RuleLines(forms.BaseFormSet):  # type: ignore[type-arg]
    """The rules as lines with a number each. One without a value is no rule: so is a line taken away, or left empty."""

    @property
    def rules(self) -> list[Rule]:
        said = [(line.cleaned_data, number) for number, line in enumerate(self.forms)]
        kept = [(one, number) for one, number in said if one.get("value", "").strip() and not one.get("DELETE")]
        kept.sort(key=lambda pair: (pair[0].get("ORDER") or len(said) + 1, pair[1]))
        fields = ("provider", "looks_at", "value", "role", "platform")
        return [Rule(number, *(one[field] for field in fields)) for number, (one, _was) in enumerate(kept, 1)]


RuleLines = forms.formset_factory(RuleForm, formset=_RuleLines, extra=2, can_order=True, can_delete=True, max_num=200)
