// Warns in the page before the hub stops the server, and tells the server that somebody works in the page.
// What is shown, and when, is for the server to say: jupyter_culling.py.
//
// A prebuilt extension of JupyterLab and Notebook 7 that needs no build: the last lines are all that their loader
// asks of one.
(() => {
  const NAME = 'jupyter-culling';
  const KEEP = 'culling:keep';
  const SIGNS_OF_LIFE = ['keydown', 'pointerdown', 'wheel'];
  const WITHOUT_ANSWER = 30; // seconds to the next question

  let modules; // those that the page shares with its extensions: { name: { version: { get } } }
  const shared = async (name) => (await Object.values(modules[name])[0].get())();

  async function watch(app) {
    const { PageConfig } = await shared('@jupyterlab/coreutils');
    const rules = PageConfig.getOption('culling');
    if (!rules) {
      return; // there is no hub, or none that stops servers
    }
    const { ServerConnection } = await shared('@jupyterlab/services');
    const settings = app.serviceManager.serverSettings;
    const notice = notification(app);
    const betweenSigns = 1000 * JSON.parse(rules).between_signs;
    let signed = 0; // when the server was last told of somebody
    let question = 0;
    let timer;
    let answer = {};
    let end; // of the server

    // Without one: `gone` if somebody else answers, with an error or the hub's login page; {} if nobody does.
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
      const mine = ++question;
      clearTimeout(timer);
      const latest = await fetchAnswer(method);
      if (mine !== question) {
        return; // the answer to a later one is newer
      }
      if (latest.ask_again) {
        answer = latest;
        end = Date.now() + 1000 * answer.seconds;
        notice.show(answer.warning, answer.can_be_kept && { label: 'Keep running', commandId: KEEP });
      } else if (latest.gone && answer.warning && Date.now() >= end) {
        // JupyterLab has a dialog that says nothing of why, Notebook none.
        notice.show(answer.stopped, { label: 'Start again', commandId: 'hub:restart' });
        answer = {};
      }
      timer = setTimeout(ask, 1000 * (answer.warning || latest.ask_again ? answer.ask_again : WITHOUT_ANSWER), 'GET');
    }

    function sign() {
      const now = Date.now();
      if (now - signed >= (answer.can_be_kept ? 1000 : betweenSigns)) {
        signed = now;
        void ask('POST');
      }
    }

    app.commands.addCommand(KEEP, { label: 'Keep the server running', execute: () => ask('POST') });
    for (const kind of SIGNS_OF_LIFE) {
      window.addEventListener(kind, sign, { capture: true, passive: true });
    }
    void ask('POST'); // who opens a page is there
  }

  // One notification, which changes its text. What a person closes stays closed until there is a new one.
  function notification(app) {
    let id; // a promise
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
