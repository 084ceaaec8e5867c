// The answer of the proxy while no hub answers: a page that reloads, or JSON for programs.
//
// The proxy gets its error pages from the hub (--error-target). Without a hub, configurable-http-proxy answers
// "Service Unavailable" without a content type, which some browsers download. It has no option for another
// answer, so this module, which node loads first, replaces the method that sends it.

import { STATUS_CODES } from 'node:http';
import { ConfigurableProxy } from 'configurable-http-proxy/lib/configproxy.js';

const SECONDS = 5;
const TITLE = process.env.JUPYTERHUB_TITLE || 'JupyterHub';
const MESSAGE =
  'The hub is starting, or is being updated. Running notebooks are not affected: their kernels go on, and open ' +
  'pages stay connected.';

const escaped = (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="${SECONDS}">
<title>Not available right now · ${escaped(TITLE)}</title>
<style>
  body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; }
  header { display: flex; align-items: center; gap: .6rem; padding: 1rem; font-weight: 600; }
  main { max-width: 34rem; margin: 2rem auto; padding: 1.5rem; border: 1px solid GrayText; border-radius: .5rem; }
  h1 { margin-top: 0; font-size: 1.5rem; }
</style>
</head>
<body>
<header>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 40" height="32" aria-hidden="true">
<path fill="#f37726" d="M3 15a15.6 15.6 0 0 1 30 0c-4-3.3-9.3-5-15-5s-11 1.7-15 5zM3 25a15.6 15.6 0 0 0 30 0c-4 3.3-9.3 5-15 5s-11-1.7-15-5z"/>
<g fill="#989798"><circle cx="31.5" cy="3.5" r="2.7"/><circle cx="5" cy="36" r="3.4"/><circle cx="3.2" cy="6" r="1.9"/></g>
</svg>
${escaped(TITLE)}
</header>
<main>
<h1>Not available right now</h1>
<p>${MESSAGE}</p>
<p>This page reloads until the hub answers.</p>
</main>
</body>
</html>
`;

// Browsers ask for pages with "text/html"; JupyterLab and other clients of an API ask for anything or for JSON.
const wantsPage = (request) => (request.headers.accept ?? '').includes('text/html');

ConfigurableProxy.prototype._handleProxyErrorDefault = (code, _kind, request, response) => {
  if (response.writableEnded) return;
  if (response.headersSent || !response.writeHead) {
    response.end?.();
    return;
  }
  const away = code === 503;
  const headers = { 'Cache-Control': 'no-store', ...(away && { 'Retry-After': SECONDS }) };
  if (away && wantsPage(request)) {
    response.writeHead(code, { ...headers, 'Content-Type': 'text/html; charset=utf-8' });
    response.end(PAGE);
  } else {
    response.writeHead(code, { ...headers, 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ status: code, message: away ? MESSAGE : STATUS_CODES[code] }));
  }
};
