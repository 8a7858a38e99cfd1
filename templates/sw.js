// Without a line a page cannot be had. Then, and only then, this gives the offline page, which shows the queue as this
// browser last knew it. No page of anybody's is kept here, and nothing is ever sent from here: what is decided is
// decided on a live page.
const { version, shell, offline, doors } = {{ told|safe }};
const SHELL = `shell-${version}`;
const KEPT = "last-known"; // written by snapshot.js

self.addEventListener("install", (event) => {
  const fresh = [offline, ...shell].map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = (names) => names.filter((name) => name.startsWith("shell-") && name !== SHELL);
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(others(names).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.url));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate") {
    // Whoever stands at the door is nobody yet: what the one before them saw is none of theirs.
    if (doors.includes(pathname)) event.waitUntil(caches.delete(KEPT));
    if (request.method === "GET") event.respondWith(fetch(request).catch(() => caches.match(offline)));
  } else if (shell.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(request)));
  }
});
