/*
 * Shows the platform's notices in JupyterLab. Written as it is loaded: there is no build.
 *
 * The server gives a ticket, once; with it the platform is asked, so that asking is not
 * taken for a use of the server.
 */
(() => {
  'use strict';

  const SECONDS = 1000;
  let shared = null;

  async function moduleOf(name) {
    const versions = Object.values(shared[name]);
    const factory = await versions[0].get();
    return factory();
  }

  async function askForTicket(ServerConnection) {
    const settings = ServerConnection.makeSettings();
    const url = `${settings.baseUrl}mchub/ticket`;
    const answer = await ServerConnection.makeRequest(url, {}, settings);
    return answer.ok ? answer.json() : null;
  }

  async function ask(ticket) {
    const headers = { Authorization: `ticket ${ticket}` };
    const answer = await fetch('/api/notices', { headers, credentials: 'omit' });
    if (answer.status === 401) {
      return null;
    }
    return answer.ok ? answer.json() : { notices: null };
  }

  function show(Notification, shown, notices) {
    const current = new Set(notices.map(notice => notice.id));
    for (const [id, toast] of shown) {
      if (!current.has(id)) {
        Notification.dismiss(toast);
        shown.delete(id);
      }
    }
    for (const notice of notices) {
      if (!shown.has(notice.id)) {
        const options = { autoClose: false };
        shown.set(notice.id, Notification.emit(notice.text, notice.level, options));
      }
    }
  }

  async function activate() {
    const { Notification } = await moduleOf('@jupyterlab/apputils');
    const { ServerConnection } = await moduleOf('@jupyterlab/services');
    const shown = new Map();
    let ticket = null;

    async function look() {
      let seconds = 30;
      try {
        ticket = ticket || (await askForTicket(ServerConnection));
        const answer = ticket && (await ask(ticket.ticket));
        if (ticket && answer === null) {
          ticket = null;
        } else if (answer && answer.notices) {
          seconds = ticket.again;
          show(Notification, shown, answer.notices);
        }
      } catch (error) {
        console.debug('mchub-notices: the platform does not answer', error);
      }
      setTimeout(look, seconds * SECONDS);
    }

    look();
  }

  const plugin = {
    id: 'mchub-notices:plugin',
    description: 'Shows what the platform has to say about this server.',
    autoStart: true,
    activate: () => {
      activate().catch(error => console.error('mchub-notices', error));
    }
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB['mchub-notices'] = {
    init: scope => {
      shared = scope;
    },
    get: async () => () => ({ __esModule: true, default: plugin })
  };
})();
