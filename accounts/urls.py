"""The pages of accounts, and its part of the API."""

from django.urls import URLPattern, path

from accounts import api
from accounts.views import (
    absences,
    invitations,
    keys,
    members,
    organization,
    platform,
    preferences,
    privacy,
    profile,
    proof,
    provisioning,
    roles,
)

app_name = "accounts"

urlpatterns: list[URLPattern] = [
    path("profile", profile.profile, name="profile"),
    path("profile/data.json", privacy.own_data, name="own-data"),
    path("profile/tokens", keys.tokens, name="tokens"),
    path("profile/tokens/<int:pk>/revocation", keys.revocation, name="revocation"),
    path("profile/programs/<uuid:pk>/departure", keys.sign_out, name="sign-out"),
    path("keys", keys.keys, name="keys"),
    path("keys/<int:pk>/rotation", keys.rotation, name="rotation"),
    path("keys/<int:pk>/revocation", keys.revocation, {"back": "accounts:keys"}, name="key-revocation"),
    path("profile/departure", profile.departure, name="departure"),
    path("profile/proof", proof.proof, name="proof"),
    path("profile/proof/elsewhere", proof.proof_elsewhere, name="proof-elsewhere"),
    path("profile/identities/<int:pk>/disconnection", profile.disconnection, name="disconnection"),
    path("settings", preferences.settings, name="settings"),
    path("settings/choice", preferences.choice, name="choice"),
    path("settings/keys", preferences.shipped_keys, name="shipped-keys"),
    path("settings/organization", organization.organization, name="organization"),
    path("profile/absence", absences.absence, name="absence"),
    path("profile/return", absences.comeback, name="comeback"),
    path("members", members.members, name="members"),
    path("members/<int:pk>", members.member, name="member"),
    path("members/<int:pk>/role", members.role, name="member-role"),
    path("members/<int:pk>/ending", members.ending, name="member-ending"),
    path("members/<int:pk>/data.json", privacy.member_data, name="member-data"),
    path("members/<int:pk>/erasure", privacy.member_erasure, name="member-erasure"),
    path("members/invitations", members.invitations, name="invitations"),
    path("members/invitations/<int:pk>/renewal", members.renewal, name="invitation-renewal"),
    path("members/invitations/<int:pk>/withdrawal", members.withdrawal, name="invitation-withdrawal"),
    path("invitations/<str:secret>", invitations.opening, name="opening"),
    path("invitation", invitations.invitation, name="invitation"),
    path("organization/leaving", members.leaving, name="leaving"),
    path("organizations/new", platform.new_organization, name="new-organization"),
    path("organizations/<int:pk>/visit", platform.visit, name="visit"),
    path("visit/end", platform.visit_end, name="visit-end"),
    path("pilots", platform.pilots, name="pilots"),
    path("pilots/<int:pk>/deactivation", platform.deactivation, name="deactivation"),
    path("pilots/<int:pk>/erasure", privacy.erasure, name="erasure"),
    path("pilots/<int:pk>/reactivation", platform.reactivation, name="reactivation"),
    path("members/<int:pk>/absence", absences.absence, name="absence-of"),
    path("members/<int:pk>/return", absences.comeback, name="comeback-of"),
    path("settings/roles", roles.roles, name="roles"),
    path("settings/roles/new", roles.role, name="new-role"),
    path("settings/roles/<int:pk>", roles.role, name="role"),
    path("settings/roles/<int:pk>/removal", roles.role_removal, name="role-removal"),
    path("settings/rules", roles.rules, name="rules"),
    path("settings/provisioning", provisioning.provisioning, name="provisioning"),
    path("organization", profile.switch, name="switch"),
]

api_urlpatterns: list[URLPattern] = [
    path("auth/token", api.token, name="token"),
    path("auth/token/refresh", api.refresh, name="refresh"),
    path("auth/token/revoke", api.revoke, name="revoke"),
    path("auth/me", api.me, name="me"),
]
