// Adds what happens to the top of the list, as the server has drawn it. People can hold it still, since
// what moves by itself cannot be read by everybody (WCAG 2.2.2).
(() => {
  'use strict';

  const ROWS_MAX = 200;
  const list = document.getElementById('happenings');
  const state = document.getElementById('state');
  const hold = document.getElementById('hold');
  if (!list) return;

  let last = list.dataset.after;
  let source = null;
  const waiting = [];
  const tell = (text) => { if (state.textContent !== text) state.textContent = text; };

  const add = (drawn) => {
    const holder = document.createElement('template');
    holder.innerHTML = drawn;
    list.prepend(holder.content);
    document.getElementById('nothing')?.remove();
    while (list.children.length > ROWS_MAX) list.lastElementChild.remove();
  };

  const isHeld = () => hold.getAttribute('aria-pressed') === 'true';
  const tellHeld = () => tell(`Held still. ${waiting.length} waiting.`);

  const take = (event) => {
    last = event.lastEventId;
    if (!isHeld()) { add(event.data); return; }
    waiting.push(event.data);
    if (waiting.length > ROWS_MAX) waiting.shift();
    tellHeld();
  };

  const open = () => {
    source = new EventSource(`${list.dataset.events}?after=${last}`);
    source.addEventListener('open', () => { if (!isHeld()) tell('Live: new events appear here.'); });
    source.addEventListener('happened', take);
    source.addEventListener('missed', () => {
      source.close();
      tell('Some events were missed. Load the page again to see the latest.');
    });
    source.addEventListener('refused', (event) => {
      source.close();
      tell(`Not live: ${event.data}.`);
    });
    source.addEventListener('error', () => {
      const isOver = source.readyState === EventSource.CLOSED;
      tell(isOver ? 'Not live any more. Load the page again.' : 'Connecting…');
    });
  };

  hold.hidden = false;
  hold.addEventListener('click', () => {
    const held = !isHeld();
    hold.setAttribute('aria-pressed', String(held));
    if (held) { tellHeld(); return; }
    waiting.splice(0).forEach(add);
    tell('Live: new events appear here.');
  });
  open();
  addEventListener('pagehide', () => source.close());
  addEventListener('pageshow', (event) => { if (event.persisted) open(); });
})();
