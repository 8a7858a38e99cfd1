"""URLs that callers name and this server then calls: nobody may point it at its own network.

A room of its own, because raising a question, submitting a unit and the delivery job all ask it.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from kit.errors import BadInput, Refusal

MAX_URL = 500
NAT64 = 0x0064_FF9B << 96  # RFC 6052: IPv4 in the last 32 bits


def check_url(url: str, field: str) -> None:
    """Refuse what is no plain http(s) address of the outside world. Looks nothing up: `address_of` does."""
    try:
        parts = httpx.URL(url)
        known = parts.port is None or 0 < parts.port < 65536
    except httpx.InvalidURL:
        known = False
    if not known:
        raise BadInput.field(field, _("this is not a URL"))
    if len(url) > MAX_URL:
        raise BadInput.field(field, _("at most %(most)s characters") % {"most": MAX_URL})
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise BadInput.field(field, _("give a full http:// or https:// URL"))
    if parts.userinfo:
        raise BadInput.field(field, _("no user name or password in a URL: it would be stored in clear"))
    name = parts.raw_host.decode("ascii").rstrip(".").lower()
    if not _may_call(_literal(name)) or (name.endswith("localhost") and not settings.CALLBACKS_TO_PRIVATE):
        raise BadInput.field(field, _("this address is not a public one"))


async def address_of(url: httpx.URL) -> str:
    """The address to connect to, looked up now. Connect to it and not to the name: a name can change in between."""
    found = await asyncio.get_running_loop().getaddrinfo(url.raw_host, None, type=socket.SOCK_STREAM)
    for *_family, (address, *_port) in found:
        if _may_call(ip_address(address)):
            return str(address)
    raise Refusal(_("%(host)s leads to an address that is not a public one.") % {"host": url.host})


def _literal(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(name))  # 127.1, 0x7f.1 and 2130706433 are addresses too
        except OSError:
            return None


def _may_call(address: IPv4Address | IPv6Address | None) -> bool:
    if address is None or settings.CALLBACKS_TO_PRIVATE:
        return True
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if int(address) >> 32 == NAT64 >> 32:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        return _may_call(inner) if inner else address.is_global and not address.is_multicast
    return address.is_global and not address.is_multicast
