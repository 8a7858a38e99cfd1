"""Everything a connection may be, from the outside in."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chameleon.settings")
django = get_asgi_application()  # loads the apps, which the imports below need

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from chameleon.cors import shared  # noqa: E402
from chameleon.headers import guarded  # noqa: E402
from chameleon.health import watched  # noqa: E402
from chameleon.lifespan import lived  # noqa: E402
from chameleon.limits import limited  # noqa: E402
from chameleon.rates import rated  # noqa: E402
from chameleon.wire import nowhere  # noqa: E402
from intake.front import front  # noqa: E402
from live.consumers import BrowserConsumer, ProgramConsumer  # noqa: E402

# The consumers check the Origin themselves: Channels' validator would shut out programs, which send none.
sockets = AuthMiddlewareStack(
    URLRouter(
        [
            path("ws/live", BrowserConsumer.as_asgi()),
            path("ws/interventions", ProgramConsumer.as_asgi()),
            re_path("", nowhere),
        ]
    )
)

inner = front(ProtocolTypeRouter({"http": limited(django), "websocket": sockets}))
application = lived(guarded(watched(shared(rated(inner)))))
