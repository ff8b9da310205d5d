import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelForm, ModelState } from 'rtmwidget'
import { FormFlow } from '../form-flow.ts'
import { read } from '../form.ts'
import { chat, event, item, live, at } from './fixture.ts'

const option = (id: string) => ({ id, label: `option ${id}` })

test('filled fields are as the protocol has them, whatever their type', () => {
  const data = new FormData()
  const fill = (i: number, ...values: string[]) => { for (const value of values) data.append(`f-${i}`, value) }
  const fields = [
    { type: 'header', label: 'Hello' }, { type: 'name', id: '1', label: 'Name' }, { type: 'email', id: '2', label: 'Mail' },
    { type: 'select', id: '3', label: 'Where', options: [option('a'), option('b')] },
    { type: 'radio', id: '4', label: 'When', options: [option('a')] },
    { type: 'checkbox', id: '5', label: 'What', options: [option('a'), option('b'), option('c')] },
    { type: 'group_chooser', id: '6', label: 'Who', options: [{ ...option('a'), group_id: 7 }] },
    { type: 'checkbox_for_email', id: '7', label: 'News' }, { type: 'rating', id: '8', label: 'How' }, { type: 'hologram', id: '9', label: '?' },
  ]
  fill(1, ' Ida ')
  fill(3, 'b')
  fill(4, 'forged')
  fill(5, 'a', 'c')
  fill(6, 'a')
  fill(8, '0')
  data.append('f-8-comment', ' slow ')
  assert.deepEqual(read(fields, data, 'f'), {
    fields: [
      { type: 'name', id: '1', label: 'Name', answer: 'Ida' }, { type: 'email', id: '2', label: 'Mail' },
      { type: 'select', id: '3', label: 'Where', answer: option('b') }, { type: 'radio', id: '4', label: 'When' },
      { type: 'checkbox', id: '5', label: 'What', answers: [option('a'), option('c')] },
      { type: 'group_chooser', id: '6', label: 'Who', answer: { ...option('a'), group_id: 7 } },
      { type: 'checkbox_for_email', id: '7', label: 'News', answer: false },
    ],
    rating: { score: 0, comment: 'slow' },
  })
})

const form = (type: ModelForm['type']): ModelForm => ({ type, group: 0, state: 'ready', form: { id: type, fields: [{ type: 'header', label: 'x' }] } })

test('each form has its moment', () => {
  const flow = new FormFlow()
  const state: ModelState = live()
  assert.equal(flow.next({ ...state, connection: { state: 'waiting' } }, undefined, true), undefined)
  assert.deepEqual(flow.next(state, undefined, true), { name: 'form', args: { type: 'prechat' } })
  assert.equal(flow.next(state, undefined, true), undefined, 'asked once')
  const offline = { ...state, availability: { status: 'offline' as const, group: 0, groups: {} } }
  assert.deepEqual(flow.next(offline, undefined, true), { name: 'form', args: { type: 'ticket' } })
  assert.ok(flow.shown({ ...state, form: form('prechat') }, undefined, true))
  const open = chat([])
  assert.deepEqual(flow.next({ ...state, form: form('prechat') }, open, true), { name: 'form_cancel' }, 'the chat began without it')
  assert.equal(flow.next(state, open, true), undefined)
  const closed = { ...open, active: false }
  assert.equal(flow.next(state, { ...closed, loaded: false }, false), undefined, 'it may have been filled in')
  assert.deepEqual(flow.next(state, closed, false), { name: 'form', args: { type: 'postchat' } })
  const post = { ...state, form: form('postchat') }
  assert.ok(flow.shown(post, closed, false))
  assert.equal(flow.shown(post, closed, true), undefined)
  const done = item('f', 'c', at(9), { event: event({ id: 'f', type: 'filled_form', form_type: 'postchat', created_at: at(9) }) })
  assert.equal(flow.shown(post, { ...closed, timeline: [done] }, false), undefined)
  flow.end(closed.thread_id)
  assert.equal(flow.shown(post, closed, false), undefined)
  assert.deepEqual(flow.next(post, closed, true), { name: 'form', args: { type: 'prechat' } }, 'start again')
})
