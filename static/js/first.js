// Runs before the first paint, so that a chosen theme or density never flashes in. Nothing else belongs here.
(() => {
  const { dataset } = document.documentElement;
  const known = { theme: ["light", "dark"], density: ["compact", "wall"] };
  try {
    for (const [name, values] of Object.entries(known)) {
      // What is kept with the account goes before what this browser remembers, and the door looks the same afterwards.
      if ("stored" in dataset) localStorage[name] = dataset[name] ?? "";
      else if (values.includes(localStorage[name])) dataset[name] = localStorage[name];
    }
  } catch {
    // Storage can be forbidden. The page then follows the system.
  }
})();
