// The two pages that people see here.
const escaped = (text) =>
  text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const page = (title, body) => `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 22rem; margin: 4rem auto; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; }
  input, button { font: inherit; padding: .4rem; margin: .2rem 0 1rem; }
  .wrong { color: #a40000; }
</style>
<h1>${title}</h1>
${body}
</html>`;

export const loginPage = (action, name = '', isWrong = false) =>
  page(
    'Test sign-in',
    `${isWrong ? '<p class="wrong" role="alert">Name or password is wrong.</p>' : ''}
<form method="post" action="${escaped(action)}">
  <label>Name <input name="name" value="${escaped(name)}" autofocus required></label>
  <label>Password <input name="password" type="password" required></label>
  <button type="submit">Sign in</button>
</form>`,
  );

export const logoutPage = (form) =>
  page(
    'Sign out',
    `${form}
<p>Sign out of the test provider too?</p>
<button autofocus type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>`,
  );

export const messagePage = (text) => page('Test sign-in', `<p>${escaped(text)}</p>`);
