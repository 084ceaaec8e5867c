// Name and focus what the theme leaves without: the search dialog, toolbars of code blocks, boxes that scroll.
function improve() {
  document.querySelector('.md-search[role=dialog]')?.setAttribute('aria-label', 'Search');
  document.querySelectorAll('.md-code__nav:not([aria-label])').forEach((toolbar, index) => {
    toolbar.setAttribute('aria-label', `Code block ${index + 1}`);
  });
  document
    .querySelectorAll('.md-typeset__scrollwrap:not([tabindex]), .mermaid > code:not([tabindex])')
    .forEach((box) => {
      box.setAttribute('tabindex', '0');
    });
}

new MutationObserver(improve).observe(document.documentElement, { childList: true, subtree: true });
