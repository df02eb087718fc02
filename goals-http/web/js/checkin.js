// A check-in: how much, on which day, and a note.

import { h } from './dom.js';
import { checkIn, today } from './goals.js';
import { numberOf, t } from './i18n.js';
import { field, form, openDialog, typedIn } from './ui.js';

/** Opens the form for a check-in of `goal`. */
export function openCheckIn(goal) {
  const { fold, unit } = goal.measure;
  const element = form({
    submit: async () => {
      const { value, day, note } = typedIn(element);
      await checkIn(goal, { value: numberOf(value), ...(day && { day }), ...(note.trim() && { note }) });
      dialog.close();
    },
  }, field(t('field.value'), h('input', { name: 'value', inputmode: 'decimal', autocomplete: 'off', autofocus: true, value: fold === 'last' ? '' : '1' }), unit),
  h('div.two',
    field(t('field.day'), h('input', { name: 'day', type: 'date', value: today(), max: today() })),
    field(t('field.note'), h('input', { name: 'note', autocomplete: 'off' }))),
  h('footer.buttons', h('button.primary', t('do.save'))));
  const dialog = openDialog(`${t('do.check_in')}: ${goal.title}`, element);
  element.querySelector('input').select();
}
