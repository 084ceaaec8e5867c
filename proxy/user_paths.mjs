// Paths of servers in the spelling of JupyterHub: `/user/alice%40example.com/lab` as `/user/alice@example.com/lab`.
//
// The proxy finds the route of both, but Jupyter Server compares its base URL, in which JupyterHub leaves `@` and `~`
// as they are, with the path as it was sent, and answers 404. Browsers and libraries may encode both characters.

import { ConfigurableProxy } from 'configurable-http-proxy/lib/configproxy.js';

// Not `.`: a part of two dots would lead out of the route.
const LEFT_AS_THEY_ARE = /%(?:40|7e|2d|5f|3\d|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])/gi;
const spelled = (part) =>
  part.replace(LEFT_AS_THEY_ARE, decodeURIComponent).replace(/%../g, (code) => code.toUpperCase());

const targetForReq = ConfigurableProxy.prototype.targetForReq;

ConfigurableProxy.prototype.targetForReq = async function (request) {
  const match = await targetForReq.call(this, request);
  if (match && match.prefix !== '/') {
    // What follows the route is for the server to read.
    const length = match.prefix.split('/').filter(Boolean).length + 1;
    const [path, ...query] = request.url.split('?');
    const parts = path.split('/');
    const route = parts.slice(0, length).map(spelled);
    request.url = [[...route, ...parts.slice(length)].join('/'), ...query].join('?');
  }
  return match;
};
