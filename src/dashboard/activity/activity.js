// Adds what happens to the top of the list, as the server has drawn it. People can hold it still, since
// what moves by itself cannot be read by everybody (WCAG 2.2.2).
(() => {
  'use strict';

  const ROWS_MAX = 200;
  // Whoever cannot see the list hears how much is new, no more often than they can listen to.
  const TOLD_EVERY_MS = 5000;
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

  let arrived = 0;
  const words = () => {
    if (isHeld()) return `Held still. ${waiting.length} waiting.`;
    return `Live: new events appear here.${arrived === 0 ? '' : ` ${arrived} so far.`}`;
  };
  let telling = null;
  const tellSoon = () => {
    telling ??= setTimeout(() => {
      telling = null;
      if (source.readyState === EventSource.OPEN) tell(words());
    }, TOLD_EVERY_MS);
  };

  const take = (event) => {
    last = event.lastEventId;
    arrived += 1;
    tellSoon();
    if (!isHeld()) { add(event.data); return; }
    waiting.push(event.data);
    if (waiting.length > ROWS_MAX) waiting.shift();
  };

  const open = () => {
    source = new EventSource(`${list.dataset.events}?after=${last}`);
    source.addEventListener('open', () => tell(words()));
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
    hold.setAttribute('aria-pressed', String(!isHeld()));
    if (!isHeld()) waiting.splice(0).forEach(add);
    tell(words());
  });
  open();
  addEventListener('pagehide', () => source.close());
  addEventListener('pageshow', (event) => { if (event.persisted) open(); });
})();
