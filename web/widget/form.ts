import { html, nothing, type TemplateResult } from 'lit'
import { ref } from 'lit/directives/ref.js'
import { thumbIcon } from './icons.ts'
import { list, str } from './raw.ts'
import type { ModelChat } from 'rtmwidget'
import type { Strings } from './strings.ts'

/** A form's answers as the protocol takes them; a rating is not among them but a property of the thread. */
export interface Filled {
  fields: object[]
  rating?: { score: 0 | 1; comment: string }
}

export interface FormOptions {
  strings: Strings
  fields: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** Sets the names of its fields apart from those of another form in the same tree. */
  name: string
  title?: string
  submitLabel: string
  /** Why the last attempt failed. */
  notice?: string
  submit: (filled: Filled) => void
  /** Goes on without it; absent where it must be filled in. */
  skip?: (() => void) | undefined
}

const inputs: Record<string, { autocomplete: string; type: string }> = {
  name: { type: 'text', autocomplete: 'name' },
  email: { type: 'email', autocomplete: 'email' },
}

/** formView draws a form of any fields; the browser checks what is filled in and says what is wrong. */
export function formView({ strings: s, fields, name, title, submitLabel, notice, submit, skip }: FormOptions): TemplateResult {
  let problem: Element | undefined
  /** tell names what is wrong first. */
  const tell = (form: Element | null | undefined) => {
    const first = form?.querySelector<HTMLInputElement>(':is(input, select, textarea):invalid')
    if (problem) problem.textContent = first ? s.fieldProblem(labelOf(first), problemOf(first, s)) : ''
    return first
  }
  const shown = list(fields)
  const onSubmit = (event: Event) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    for (const group of form.querySelectorAll<HTMLElement>('fieldset[data-required]')) {
      const boxes = [...group.querySelectorAll<HTMLInputElement>('input[type=checkbox]')]
      // HTML knows no group of boxes of which one must be ticked.
      boxes[0]?.setCustomValidity(boxes.some(box => box.checked) ? '' : 'none')
    }
    if (!form.checkValidity()) {
      const wrong = [...form.querySelectorAll<HTMLInputElement>(':is(input, select, textarea):invalid')]
      for (const field of form.querySelectorAll('input, select, textarea')) field.toggleAttribute('aria-invalid', false)
      for (const field of wrong) field.setAttribute('aria-invalid', 'true')
      tell(form)?.focus()
      return
    }
    tell(form)
    submit(read(shown, new FormData(form), name))
  }
  const onChange = (event: Event) => {
    const field = event.target as HTMLInputElement
    field.removeAttribute('aria-invalid')
    const group = field.closest('fieldset[data-required]')
    if (group) for (const box of group.querySelectorAll('input')) box.setCustomValidity('')
  }
  return html`
    <form class="form" part="form" novalidate @submit=${onSubmit} @input=${onChange} aria-label=${title ?? s.formLabel}>
      ${title ? html`<h3>${title}</h3>` : nothing}
      ${shown.map((field, i) => fieldView(field, `${name}-${i}`, s))}
      <p class="form-problem" role="alert" ${ref(at => {
        problem = at
        if (at?.textContent) tell(at.closest('form')) // drawn again: the language may be another
      })}></p>
      ${notice ? html`<p class="form-problem" role="alert">${notice}</p>` : nothing}
      <div class="form-buttons">
        ${skip ? html`<button class="text-button" part="form-skip" type="button" @click=${skip}>${s.skip}</button>` : nothing}
        <button class="text-button primary" part="form-submit" type="submit">${submitLabel}</button>
      </div>
    </form>`
}

/** problemOf is what is wrong with a field; the browser's own words are in the browser's language. */
function problemOf({ validity, validationMessage }: HTMLInputElement, s: Strings): string {
  if (validity.customError) return s.chooseOne
  if (validity.valueMissing) return s.fillIn
  return validity.typeMismatch ? s.notEmail : validationMessage
}

function labelOf(field: HTMLElement): string {
  const group = field.closest('fieldset')
  const label = group ? group.querySelector('legend') : (field as HTMLInputElement).labels?.[0]
  return (label?.querySelector('.label-text') ?? label)?.textContent?.trim() ?? ''
}

function fieldView(field: Record<string, unknown>, name: string, s: Strings): TemplateResult | typeof nothing {
  const label = str(field.label)
  const required = field.required === true
  const mark = required ? html` <span class="required" aria-hidden="true">*</span>` : nothing
  const text = html`<span class="label-text">${label}</span>${mark}`
  const options = list(field.options)
  switch (field.type) {
    case 'header':
      return html`<p class="form-header">${label}</p>`
    case 'name': case 'email': case 'question': case 'subject': {
      const { type, autocomplete } = inputs[field.type] ?? { type: 'text', autocomplete: 'off' }
      return html`<label class="form-field">${text}<input name=${name} type=${type} autocomplete=${autocomplete} maxlength="2000" ?required=${required}></label>`
    }
    case 'textarea':
      return html`<label class="form-field">${text}<textarea name=${name} rows="3" maxlength="4000" ?required=${required}></textarea></label>`
    case 'select':
      return html`<label class="form-field">${text}<select name=${name} ?required=${required}>
        <option value="">${s.choose}</option>
        ${options.map(option => html`<option value=${str(option.id)} ?selected=${option.checked === true}>${str(option.label)}</option>`)}
      </select></label>`
    case 'radio': case 'group_chooser': case 'checkbox':
      return html`<fieldset class="form-field" ?data-required=${required && field.type === 'checkbox'}>
        <legend>${text}</legend>
        ${options.map(option => html`<label class="option"><input name=${name} type=${field.type === 'checkbox' ? 'checkbox' : 'radio'}
          value=${str(option.id)} ?checked=${option.checked === true} ?required=${required && field.type !== 'checkbox'}>${str(option.label)}</label>`)}
      </fieldset>`
    case 'checkbox_for_email':
      return html`<label class="option form-field"><input name=${name} type="checkbox" value="yes" ?checked=${field.checked === true}
        ?required=${required}>${text}</label>`
    case 'rating':
      return html`<fieldset class="form-field"><legend>${text}</legend>${scores(name, s, required)}
        ${str(field.comment_label) ? html`<label class="form-field">${str(field.comment_label)}<textarea name="${name}-comment" rows="2" maxlength="1000"></textarea></label>` : nothing}
      </fieldset>`
    default:
      return nothing // of an invented type nothing can be asked
  }
}

function scores(name: string, s: Strings, required: boolean): TemplateResult {
  return html`<div class="scores">${([[1, s.good], [0, s.bad]] as const).map(([score, label]) => html`
    <label class="option"><input name=${name} type="radio" value=${score} ?required=${required}>${thumbIcon(score)}${label}</label>`)}
  </div>`
}

export interface RatingOptions {
  strings: Strings
  rating: ModelChat['rating']
  rate: (score: 0 | 1 | null, comment?: string) => void
}

/** ratingView rates a chat that has ended; the same button again takes it back. */
export function ratingView({ strings: s, rating, rate }: RatingOptions): TemplateResult {
  const { score, comment } = rating ?? {}
  const onSubmit = (event: Event) => {
    event.preventDefault()
    const text = new FormData(event.currentTarget as HTMLFormElement).get('comment')
    if (score !== undefined && typeof text === 'string' && text.trim()) rate(score === 1 ? 1 : 0, text.trim())
  }
  return html`
    <div class="rating" part="rating" role="group" aria-label=${s.rate}>
      <span>${s.rate}</span>
      ${([[1, s.good], [0, s.bad]] as const).map(([value, label]) => html`
        <button class="text-button" part="rate" type="button" aria-pressed=${score === value}
          @click=${() => rate(score === value ? null : value)}>${thumbIcon(value)}${label}</button>`)}
      ${score === undefined ? nothing : comment ? html`<p role="status">${s.rated}</p>` : html`
        <form @submit=${onSubmit}>
          <label class="form-field"><span class="label-text">${s.rateComment}</span><textarea name="comment" rows="2" maxlength="1000" required></textarea></label>
          <button class="text-button" part="rate-comment" type="submit">${s.rateSend}</button>
        </form>`}
    </div>`
}

/** read makes the protocol's filled fields; what was left empty has no answer. */
export function read(fields: ReadonlyArray<Record<string, unknown>>, data: Pick<FormData, 'get' | 'getAll'>, name: string): Filled {
  const filled: Filled = { fields: [] }
  fields.forEach((field, i) => {
    const at = `${name}-${i}`
    const { type, id } = field
    const value = String(data.get(at) ?? '').trim()
    const common = { type, id, label: str(field.label) }
    const answers = list(field.options).filter(option => data.getAll(at).includes(str(option.id)))
      .map(option => ({ id: option.id, label: option.label, ...(type === 'group_chooser' ? { group_id: option.group_id } : {}) }))
    switch (type) {
      case 'name': case 'email': case 'question': case 'subject': case 'textarea':
        filled.fields.push({ ...common, ...(value && { answer: value }) })
        break
      case 'radio': case 'select': case 'group_chooser':
        filled.fields.push({ ...common, ...(answers[0] && { answer: answers[0] }) })
        break
      case 'checkbox':
        filled.fields.push({ ...common, ...(answers.length && { answers }) })
        break
      case 'checkbox_for_email':
        filled.fields.push({ ...common, answer: data.get(at) !== null })
        break
      case 'rating':
        if (value) filled.rating = { score: value === '1' ? 1 : 0, comment: String(data.get(`${at}-comment`) ?? '').trim() }
        break
    }
  })
  return filled
}
