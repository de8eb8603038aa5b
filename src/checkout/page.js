// The one script of the payment page. Everything works without it; with it, numbers are set apart
// as one types, mistakes are shown before the form is sent, and pages move on by themselves.
(() => {
  'use strict';

  const { view, page } = document.body.dataset;
  const byId = (id) => document.getElementById(id);
  const digitsOf = (text) => text.replace(/\D/g, '');

  // --- The card form -----------------------------------------------------------------------

  const isAmex = (digits) => /^3[47]/.test(digits);

  const formatNumber = (digits) => {
    const groups = isAmex(digits)
      ? [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10, 15)]
      : digits.slice(0, 19).match(/.{1,4}/g) || [];
    return groups.filter(Boolean).join(' ');
  };

  // MM / YY, or MM / YYYY for those who type the century.
  const formatExpiry = (digits, deleting) => {
    if (!deleting && /^[2-9]/.test(digits)) digits = '0' + digits;
    if (!deleting && /^1[3-9]/.test(digits)) digits = '0' + digits;
    digits = digits.slice(0, digits.slice(2, 4) === '20' ? 6 : 4);
    if (digits.length < 2 || (deleting && digits.length === 2)) return digits;
    return digits.slice(0, 2) + ' / ' + digits.slice(2);
  };

  const formatCode = (digits) => digits.slice(0, 4);

  // Sets the digits apart on every input and puts the caret back behind the same digit.
  const formatWhileTyping = (input, format) => {
    let last = digitsOf(input.value);
    input.addEventListener('input', (event) => {
      const kind = event.inputType || '';
      // "1/" is a whole month.
      const raw = input.value.replace(/^\s*(\d)\s*[/.-]/, '0$1/');
      const shift = raw.length - input.value.length;
      const caret = input.selectionStart === null ? raw.length : input.selectionStart + shift;
      let digits = digitsOf(raw);
      let before = digitsOf(raw.slice(0, caret)).length;
      // Only a separator was deleted: it comes back, so the digit beside it goes instead.
      if (digits === last && kind === 'deleteContentBackward' && before > 0) {
        digits = digits.slice(0, before - 1) + digits.slice(before);
        before -= 1;
      } else if (digits === last && kind === 'deleteContentForward') {
        digits = digits.slice(0, before) + digits.slice(before + 1);
      }
      const deleting = kind.startsWith('delete');
      const text = format(digits, deleting);
      last = digitsOf(text);
      before += Math.max(0, last.length - digits.length);
      input.value = text;
      let place = 0;
      for (let seen = 0; place < text.length && seen < before; place += 1) {
        if (/\d/.test(text[place])) seen += 1;
      }
      if (!deleting) while (place < text.length && /\D/.test(text[place])) place += 1;
      if (document.activeElement === input) input.setSelectionRange(place, place);
    });
  };

  const hasValidCheckDigit = (digits) =>
    [...digits].reverse().reduce((sum, digit, index) => {
      const weighed = Number(digit) * (index % 2 ? 2 : 1);
      return sum + (weighed > 9 ? weighed - 9 : weighed);
    }, 0) % 10 === 0;

  // Each says which of the field's words (data-missing, -malformed, -past) apply, if any. The
  // server looks again.
  const checkNumber = (text) => {
    const digits = digitsOf(text);
    return /^\d{12,19}$/.test(digits) && hasValidCheckDigit(digits) ? '' : 'malformed';
  };

  const checkExpiry = (text) => {
    const parts = /^(\d{1,2})\D*(\d{2}|20\d{2})$/.exec(text.trim());
    if (!parts || Number(parts[1]) < 1 || Number(parts[1]) > 12) return 'malformed';
    const firstOfNextMonth = new Date(2000 + (Number(parts[2]) % 100), Number(parts[1]), 1);
    const day = 24 * 60 * 60 * 1000;
    return Date.now() < firstOfNextMonth.getTime() + day ? '' : 'past';
  };

  const checkCode = (text) => (/^\d{3,4}$/.test(text.trim()) ? '' : 'malformed');

  const show = (input, problem) => {
    byId(input.id + '_error').textContent = problem ? input.dataset[problem] || '' : '';
    if (problem) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };

  const card = byId('card');
  const fields = [];
  if (card) {
    card.noValidate = true;
    for (const [name, format, check] of [
      ['card_number', formatNumber, checkNumber],
      ['expiry', formatExpiry, checkExpiry],
      ['security_code', formatCode, checkCode],
    ]) {
      const input = byId(name);
      const problem = () => (input.value.trim() ? check(input.value) : 'missing');
      fields.push({ input, problem });
      formatWhileTyping(input, format);
      input.addEventListener('input', () => show(input, ''));
      input.addEventListener('change', () => show(input, input.value.trim() && problem()));
    }
  }

  // The date stays through a decline, in this tab; number and code are typed again.
  const EXPIRY_KEY = 'expiry ' + page;
  const keepExpiry = () => {
    try {
      sessionStorage.setItem(EXPIRY_KEY, byId('expiry').value);
    } catch {
      // This browser keeps nothing.
    }
  };
  const keptExpiry = () => {
    try {
      return sessionStorage.getItem(EXPIRY_KEY) || '';
    } catch {
      return '';
    }
  };
  if (card && !byId('expiry').value) byId('expiry').value = keptExpiry();

  const cardIsSound = () => {
    const wrong = fields.filter(({ input, problem }) => {
      const what = problem();
      show(input, what);
      return what;
    });
    if (wrong.length) wrong[0].input.focus();
    return !wrong.length;
  };

  // --- One press is one attempt ------------------------------------------------------------

  // A guard for the eye only: the form carries its attempt's id, so that the server takes the
  // same form sent twice as one.
  const STUCK_AFTER_MS = 20000;
  let stuckTimer = 0;

  const setBusy = (busy, button) => {
    clearTimeout(stuckTimer);
    document.body.toggleAttribute('data-sending', busy);
    for (const it of document.querySelectorAll('button[type=submit]')) {
      it.disabled = busy;
      it.classList.toggle('busy', busy && it === button);
    }
    const live = byId('live');
    if (live) live.textContent = (busy && button && button.dataset.busy) || '';
  };

  document.addEventListener('submit', (event) => {
    const sending = document.body.hasAttribute('data-sending');
    if (sending || (event.target === card && !cardIsSound())) {
      event.preventDefault();
      return;
    }
    document.body.toggleAttribute('data-sending', true);
    if (event.target === card) keepExpiry();
    const button = event.target.querySelector('button[type=submit]');
    // A button disabled at once would not send its form.
    setTimeout(() => {
      setBusy(true, button);
      stuckTimer = setTimeout(() => setBusy(false), STUCK_AFTER_MS);
    });
  });

  // Also after the Back button, which may bring the page back as it was left.
  window.addEventListener('pageshow', () => setBusy(false));

  // --- Moving on ---------------------------------------------------------------------------

  const POLL_FIRST_MS = 600;
  const POLL_MAX_MS = 5000;
  const POLL_TIMEOUT_MS = 10000;

  // Loads the session's page again if it is no longer this one.
  const lookAgain = async () => {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), POLL_TIMEOUT_MS);
    try {
      const answer = await fetch(page + '/status', { cache: 'no-store', signal: control.signal });
      const status = answer.ok ? await answer.json() : {};
      if (status.view && status.view !== view) location.replace(page);
    } catch {
      // Offline for a moment: the next look will tell.
    } finally {
      clearTimeout(timer);
    }
  };

  const poll = async (waitMs) => {
    await new Promise((done) => setTimeout(done, waitMs));
    if (!document.hidden) await lookAgain();
    poll(Math.min(waitMs * 1.4, POLL_MAX_MS));
  };

  if (!['pay', 'result', undefined].includes(view)) poll(POLL_FIRST_MS);
  if (page && view !== 'result') {
    // It may have been paid in another tab, or have run out.
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && !document.body.hasAttribute('data-sending')) lookAgain();
    });
  }

  // Follows the page's link by itself, unless the player came Back to this page on purpose.
  const leave = document.querySelector('a[data-leave-after-ms]');
  const arrivals = performance.getEntriesByType('navigation');
  const cameBack = arrivals.length > 0 && arrivals[0].type === 'back_forward';
  if (leave && !cameBack) {
    const hint = document.querySelector('[data-leaving]');
    const timer = setTimeout(() => {
      if (hint) hint.textContent = hint.dataset.leaving;
      location.assign(leave.getAttribute('href'));
    }, Number(leave.dataset.leaveAfterMs));
    leave.addEventListener('click', () => clearTimeout(timer));
  }

  // --- Pixel art ---------------------------------------------------------------------------

  const PIXEL_ART_MAX = 64;
  for (const img of document.querySelectorAll('.picture img')) {
    const sharpen = () => img.classList.toggle('pixels', img.naturalWidth <= PIXEL_ART_MAX);
    if (img.complete) sharpen();
    else img.addEventListener('load', sharpen);
  }

  // --- Test cards --------------------------------------------------------------------------

  for (const code of document.querySelectorAll('[data-card]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'fill';
    button.textContent = code.dataset.card;
    button.addEventListener('click', () => {
      const values = [code.dataset.card, '12 / 34', '123'];
      fields.forEach(({ input }, index) => {
        input.value = values[index];
        show(input, '');
      });
      card.querySelector('button[type=submit]').focus();
    });
    code.replaceWith(button);
  }
})();
