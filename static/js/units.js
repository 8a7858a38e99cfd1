// A unit's page asks anew for itself when its unit, or a question about it, has changed.
document.addEventListener("live:fragment", ({ detail }) => {
  if (detail.topic !== "work.unit") return;
  for (const element of document.querySelectorAll(`[data-live="work.unit:${detail.key}"]`)) window.htmx.trigger(element, "changed");
});
