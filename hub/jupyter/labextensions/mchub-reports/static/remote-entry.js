/*
 * Publishes the notebook at hand: a button of its toolbar, and a command of the palette.
 * Written as it is loaded: there is no build.
 *
 * The notebook is saved, and the server hands it in with its own token.
 */
(() => {
  'use strict';

  const COMMAND = 'mchub:publish';
  const NAMES = 'Names, with commas between them';
  let shared = null;

  async function moduleOf(name) {
    const versions = Object.values(shared[name]);
    const factory = await versions[0].get();
    return factory();
  }

  /** Ask the server; what it answers, or an error with what it said. */
  async function ask(services, path, content) {
    const settings = services.ServerConnection.makeSettings();
    const asked = content
      ? { method: 'POST', body: JSON.stringify(content) }
      : {};
    const url = `${settings.baseUrl}${path}`;
    const answer = await services.ServerConnection.makeRequest(url, asked, settings);
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      throw new Error(told.message || `${answer.status} ${answer.statusText}`);
    }
    return told;
  }

  function field(form, label, control, help) {
    const line = document.createElement('label');
    line.style.cssText = 'display: block; margin-block: 8px;';
    line.append(label);
    control.style.cssText = 'display: block; width: 100%; box-sizing: border-box;';
    if (help) {
      control.title = help;
      control.placeholder = help;
    }
    line.append(control);
    form.append(line);
    return control;
  }

  function text(value) {
    const made = document.createElement('input');
    made.className = 'jp-mod-styled';
    made.type = 'text';
    made.value = value;
    return made;
  }

  function choice(options) {
    const made = document.createElement('select');
    made.className = 'jp-mod-styled';
    for (const [value, label] of options) {
      made.add(new Option(label, value));
    }
    return made;
  }

  /** What a dialog asks; its value is what the server is told. */
  function questions(Widget, path) {
    const form = document.createElement('div');
    const name = path.split('/').pop().replace(/\.ipynb$/, '');
    const title = field(form, 'Title', text(''), `The notebook's own, or else ${name}`);
    const groups = field(form, 'Groups that may read it', text(''), NAMES);
    const users = field(form, 'Users who may read it', text(''), NAMES);
    const how = field(
      form,
      'What is published',
      choice([
        ['fresh', 'What a fresh run of it gives'],
        ['as it is', 'What it shows now, marked as not run again']
      ])
    );
    const names = input =>
      input.value
        .split(',')
        .map(each => each.trim())
        .filter(each => each);
    const body = new Widget({ node: form });
    body.getValue = () => ({
      path,
      title: title.value.trim(),
      groups: names(groups),
      users: names(users),
      as_it_is: how.value === 'as it is'
    });
    return body;
  }

  async function activate(app, tracker, palette) {
    const apputils = await moduleOf('@jupyterlab/apputils');
    const services = await moduleOf('@jupyterlab/services');
    const { Widget } = await moduleOf('@lumino/widgets');
    const { Dialog, Notification, ToolbarButton, showDialog } = apputils;
    // A server without reports doesn't know the address.
    await ask(services, 'mchub/publish');

    async function publish(panel) {
      const asked = await showDialog({
        title: 'Publish as a report',
        body: questions(Widget, panel.context.localPath),
        buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Publish' })]
      });
      if (!asked.button.accept) {
        return;
      }
      await panel.context.save();
      const told = ask(services, 'mchub/publish', asked.value);
      Notification.promise(told, {
        pending: { message: 'Publishing…', options: { autoClose: false } },
        success: {
          message: made => `${made.title} is being made.`,
          options: { autoClose: false, actions: [{ label: 'Open', callback: open }] }
        },
        error: {
          message: error => `Nothing was published: ${error.message}`,
          options: { autoClose: false }
        }
      });

      async function open(event) {
        // The notice stays until somebody closes it.
        event.preventDefault();
        window.open((await told).page, '_blank', 'noopener');
      }
    }

    app.commands.addCommand(COMMAND, {
      label: 'Publish Notebook as a Report…',
      caption: 'Run it afresh in a server of its own, and keep its page',
      isEnabled: () => tracker.currentWidget !== null,
      execute: () => publish(tracker.currentWidget)
    });
    tracker.currentChanged.connect(() => app.commands.notifyCommandChanged(COMMAND));
    palette.addItem({ command: COMMAND, category: 'Notebook Operations' });
    const add = panel => {
      const button = new ToolbarButton({
        label: 'Publish',
        tooltip: 'Publish this notebook as a report',
        onClick: () => publish(panel)
      });
      panel.toolbar.insertItem(10, 'mchub-publish', button);
    };
    tracker.forEach(add);
    tracker.widgetAdded.connect((_, panel) => add(panel));
  }

  async function plugin() {
    const { INotebookTracker } = await moduleOf('@jupyterlab/notebook');
    const { ICommandPalette } = await moduleOf('@jupyterlab/apputils');
    return {
      id: 'mchub-reports:plugin',
      description: 'Publishes a notebook as a report of the platform.',
      autoStart: true,
      requires: [INotebookTracker, ICommandPalette],
      activate: (app, tracker, palette) => {
        activate(app, tracker, palette).catch(error =>
          console.debug('mchub-reports: nothing can be published here', error)
        );
      }
    };
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB['mchub-reports'] = {
    init: scope => {
      shared = scope;
    },
    get: async () => {
      const made = await plugin();
      return () => ({ __esModule: true, default: made });
    }
  };
})();
