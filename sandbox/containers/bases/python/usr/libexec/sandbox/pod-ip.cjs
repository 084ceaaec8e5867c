// Makes "all interfaces" mean the pod's own address, because the sandbox's pods share one loopback interface.
// Loaded by NODE_OPTIONS; does nothing unless the sandbox's kubelet has set SANDBOX_POD_IP.
'use strict';

const { Server } = require('net');

const podIp = process.env.SANDBOX_POD_IP;
const wildcard = (host) => host === undefined || host === null || ['', '0.0.0.0', '::'].includes(host);
const isPort = (value) => typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));

if (podIp) {
  const listen = Server.prototype.listen;
  Server.prototype.listen = function (first, ...rest) {
    if (first !== null && typeof first === 'object' && isPort(first.port) && wildcard(first.host)) {
      first = { ...first, host: podIp };
    } else if (isPort(first)) {
      const named = typeof rest[0] === 'string' || rest[0] === undefined || rest[0] === null;
      const host = named ? rest.shift() : undefined;
      rest.unshift(wildcard(host) ? podIp : host);
    }
    return listen.call(this, first, ...rest);
  };
}
