// The form of how-to/git-links.md: a link that opens a Git repository, with image and size of the server.
function linkOf(form) {
  const value = (name) => form.elements[name].value.trim();
  const hub = value('hub').replace(/\/+$/, '') || 'https://HOST';
  const parameters = new URLSearchParams();
  if (value('repo')) {
    parameters.set('repo', value('repo'));
    if (value('branch')) parameters.set('branch', value('branch'));
    const folder = value('repo')
      .replace(/\/+$/, '')
      .replace(/\.git$/, '')
      .split('/')
      .pop();
    const path = value('path') ? `/${value('path').replace(/^\/+/, '')}` : '';
    parameters.set('urlpath', `lab/tree/${folder}${path}`);
  }
  for (const name of ['image', 'size']) if (value(name)) parameters.set(name, value(name));
  return `${hub}/hub/${value('repo') ? 'user-redirect/git-pull' : 'spawn'}?${parameters}`;
}

const maker = document.getElementById('link-maker');
if (maker) {
  const show = () => {
    maker.elements.link.textContent = linkOf(maker);
  };
  maker.hidden = false;
  maker.addEventListener('input', show);
  maker.addEventListener('submit', (event) => event.preventDefault());
  show();
}
