// Reading what a client sent.
export async function body(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}
