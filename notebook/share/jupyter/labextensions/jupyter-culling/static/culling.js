// Warn in the page before the hub stops the server, and tell the server that somebody works in the page.
// The server decides what the page shows and when: see jupyter_culling.py.
//
// This is a prebuilt extension of JupyterLab and Notebook 7, written without a build step: their loader needs only the
// interface at the end of the file.
(() => {
  const NAME = 'jupyter-culling';
  const KEEP = 'culling:keep';
  const ACTIVITY_EVENTS = ['keydown', 'pointerdown', 'wheel'];
  const RETRY = 30; // seconds until the next request, if the server did not answer

  let modules; // shared by the page with its extensions: { name: { version: { get } } }
  const shared = async (name) => (await Object.values(modules[name])[0].get())();

  async function watch(app) {
    const { PageConfig } = await shared('@jupyterlab/coreutils');
    const rules = PageConfig.getOption('culling');
    if (!rules) {
      return; // there is no hub, or it stops no servers
    }
    const { ServerConnection } = await shared('@jupyterlab/services');
    const settings = app.serviceManager.serverSettings;
    const notice = notification(app);
    const postInterval = 1000 * JSON.parse(rules).post_interval;
    let lastPost = 0;
    let requests = 0;
    let timer;
    let answer = {};
    let end; // when the hub stops the server

    // Return { gone: true } if the hub answers in the server's place, with an error or its login page; {} if no answer comes.
    async function fetchAnswer(method) {
      let response;
      try {
        response = await ServerConnection.makeRequest(`${settings.baseUrl}api/culling`, { method }, settings);
      } catch {
        return {};
      }
      const gone = { gone: true };
      return response.ok ? response.json().catch(() => gone) : gone;
    }

    async function ask(method) {
      const request = ++requests;
      clearTimeout(timer);
      const latest = await fetchAnswer(method);
      if (request !== requests) {
        return; // a later request brings a newer answer
      }
      if (latest.ask_again) {
        answer = latest;
        end = Date.now() + 1000 * answer.seconds;
        notice.show(answer.warning, answer.can_be_kept && { label: 'Keep running', commandId: KEEP });
      } else if (latest.gone && answer.warning && Date.now() >= end) {
        // JupyterLab shows a dialog without the reason, Notebook shows nothing.
        notice.show(answer.stopped, { label: 'Start again', commandId: 'hub:restart' });
        answer = {};
      }
      timer = setTimeout(ask, 1000 * (answer.warning || latest.ask_again ? answer.ask_again : RETRY), 'GET');
    }

    function reportActivity() {
      const now = Date.now();
      if (now - lastPost >= (answer.can_be_kept ? 1000 : postInterval)) {
        lastPost = now;
        void ask('POST');
      }
    }

    app.commands.addCommand(KEEP, { label: 'Keep the server running', execute: () => ask('POST') });
    for (const kind of ACTIVITY_EVENTS) {
      window.addEventListener(kind, reportActivity, { capture: true, passive: true });
    }
    void ask('POST'); // opening a page is activity
  }

  // Show one notification and update its text. If the user closes it, it stays closed until the next warning.
  function notification(app) {
    let id; // a promise of the notification's ID
    let shown;
    return {
      show(message, action) {
        if (message === shown) {
          return;
        }
        const old = id;
        const content = { message, type: 'warning' };
        const options = { autoClose: false, actions: action ? [action] : [] };
        if (!message) {
          id = null;
          void old.then((id) => app.commands.execute('apputils:dismiss-notification', { id }));
        } else if (old) {
          void old.then((id) => app.commands.execute('apputils:update-notification', { id, ...content, ...options }));
        } else {
          id = app.commands.execute('apputils:notify', { ...content, options });
        }
        shown = message;
      },
    };
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init: (scope) => {
      modules = scope;
    },
    get: async () => () => ({
      id: `${NAME}:warning`,
      description: 'Warns before JupyterHub stops an idle server.',
      autoStart: true,
      activate: (app) => {
        void watch(app);
      },
    }),
  };
})();
