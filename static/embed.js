// Sizes every Ringside iframe of the page to what it shows.
//
//   <iframe data-ringside src="https://…/?embed=1&lang=en" title="…"></iframe>
//   <script src="https://…/embed.js" defer></script>
//
// An embedded page posts { type: "ringside:height", height } (CSS pixels) to its parent. A message
// counts only when it comes from the window of one of these frames; everything else is ignored.
(() => {
  "use strict";
  const MAX_HEIGHT_PX = 10000;

  addEventListener("message", (event) => {
    const data = event.data;
    if (typeof data !== "object" || data === null || data.type !== "ringside:height") return;
    const height = data.height;
    if (typeof height !== "number" || !(height > 0 && height <= MAX_HEIGHT_PX)) return;
    for (const frame of document.querySelectorAll("iframe[data-ringside]")) {
      if (event.source !== null && event.source === frame.contentWindow) {
        frame.style.height = `${Math.ceil(height)}px`;
      }
    }
  });
})();
