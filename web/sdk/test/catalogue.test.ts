import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { API, SymbolFlags, TypeFlags, type Checker, type Symbol, type Type } from 'typescript/unstable/sync'

// Walks the catalogue and the SDK's types side by side, from the clients' methods and pushes down to the last field, and
// fails for what the types lack, have in excess or have otherwise. It looks at the types as the compiler sees them, and
// shares nothing with the generator.

interface Field {
  name: string
  type: string
  required: boolean
  enum?: string[]
}
interface Catalogue {
  methods: { action: string; request: Field[]; response: Field[] }[]
  pushes: { action: string; payload: Field[] }[]
  objects: Record<string, Field[]>
  unions: Record<string, { discriminator: string; variants: Record<string, string>; others?: string[] }>
}

const root = `${process.env.RTM_WEB}/../`
const web = `${process.env.RTM_WEB}/`
const compiler = new API({ cwd: web })
after(() => compiler.close())
const project = compiler.updateSnapshot({ openProjects: [`${web}tsconfig.json`] }).getProjects()[0]!
const checker: Checker = project.checker

/** The type that a file of the SDK exports by that name. */
function declared(name: string, file: string): Type {
  const source = project.program.getSourceFile(`${web}sdk/src/${file}.ts`)
  assert.ok(source, `there is no ${file}.ts`)
  const symbol = [...checker.getSymbolAtLocation(source)!.getExports().values()].find((one) => one.name === name)
  assert.ok(symbol, `${file}.ts does not export ${name}`)
  return checker.getDeclaredTypeOfSymbol(symbol)
}

const properties = (type: Type) => new Map(checker.getPropertiesOfType(type).map((symbol) => [symbol.name, symbol]))
const members = (type: Type): readonly Type[] => (type.isUnionType() ? type.getTypes() : [type])
const camel = (action: string) => action.replace(/_./g, (letters) => letters[1]!.toUpperCase())
const show = (type: Type) => checker.typeToString(type)

/** The literals among the members of a type; `Unlisted` is none. */
function literals(type: Type): string[] {
  return members(type).flatMap((one) => (one.isStringLiteralType() && one.value !== '' ? [one.value] : []))
}

/** What is found wrong with an API, one line each. */
function walk(api: 'customer' | 'agent') {
  const catalogue = JSON.parse(readFileSync(`${root}rtm/catalogue/${api}-3.6.json`, 'utf8')) as Catalogue
  const wrong: string[] = []
  const seen = new Set<string>()
  const visited = new Set<string>()
  const title = api === 'customer' ? 'Customer' : 'Agent'

  /** The type of a property that may be absent, without the undefined of absence. */
  const typeOf = (symbol: Symbol): Type => {
    const type = checker.getTypeOfSymbol(symbol)!
    return symbol.flags & SymbolFlags.Optional && !(type.flags & TypeFlags.Unknown) ? (checker.getNonNullableType(type) ?? type) : type
  }

  function compare(type: Type, want: string, at: string, field?: Field): void {
    const is = (target: Type) => checker.isTypeAssignableTo(type, target) && !(type.flags & TypeFlags.Never)
    let ok = true
    if (want.startsWith('[]')) {
      ok = checker.isArrayType(type)
      if (ok) compare(checker.getTypeArguments(type as never)[0]!, want.slice(2), `${at}[]`, field)
    } else if (want.startsWith('map[string]')) {
      const value = checker.getIndexInfosOfType(type)[0]?.valueType
      ok = value !== undefined
      if (value) compare(value, want.slice('map[string]'.length), `${at}{}`)
    } else if (want === 'string' || want === 'datetime') {
      ok = is(checker.getStringType())
      const missing = (field?.enum ?? []).filter((value) => !is(checker.getStringType()) || !literals(type).includes(value))
      if (missing.length > 0) wrong.push(`${at} is ${show(type)}, without ${missing.join()}`)
    } else if (want === 'int' || want === 'number') ok = is(checker.getNumberType())
    else if (want === 'bool') ok = is(checker.getBooleanType())
    // Form fields narrow what the catalogue has as any JSON.
    else if (want === 'json') ok = (type.flags & TypeFlags.Unknown) !== 0 || at.endsWith('.answer')
    else if (catalogue.unions[want]) union(type, want, at)
    else object(members(type), want, at)
    if (!ok) wrong.push(`${at} is ${show(type)}, not ${want}`)
  }

  function union(type: Type, name: string, at: string): void {
    const { discriminator, variants, others = [] } = catalogue.unions[name]!
    const left = new Set(members(type))
    const single = (variant: Type) => {
      const symbol = properties(variant).get(discriminator)
      return symbol ? literals(typeOf(symbol)) : []
    }
    for (const [value, object_] of Object.entries(variants)) {
      const variant = [...left].find((one) => single(one).length === 1 && single(one)[0] === value)
      if (!variant) {
        wrong.push(`${at} lacks ${value}`)
        continue
      }
      left.delete(variant)
      object([variant], object_, `${at}<${value}>`)
    }
    for (const other of others) {
      const variant = [...left].find((one) => single(one).length > 1)
      // The events of pushes are none of these.
      if (!variant) continue
      left.delete(variant)
      object([variant], other, `${at}<${other}>`)
    }
    const rest = [...left]
    if (rest.length !== 1 || single(rest[0]!).length > 0 || checker.getIndexInfosOfType(rest[0]!).length !== 1) {
      wrong.push(`${at} is ${show(type)}; beside the variants it must have one for what is not known`)
    }
  }

  /** Compares the kinds of one object, which together have its fields. */
  function object(kinds: readonly Type[], name: string, at: string): void {
    const fields = catalogue.objects[name]
    assert.ok(fields, `there is no object ${name}`)
    visited.add(name)
    const key = `${name} ${kinds.map((kind) => kind.id).join()}`
    if (seen.has(key)) return
    seen.add(key)
    compareFields(kinds, fields, at)
  }

  function compareFields(kinds: readonly Type[], fields: Field[], at: string): void {
    const [first] = fields
    if (fields.length === 1 && (first!.name === '*' || first!.name === '<namespace>')) {
      compare(kinds[0]!, `map[string]${first!.type}`, at)
      return
    }
    if (kinds.length > 1) kinds = kinds.filter((kind) => checker.getIndexInfosOfType(kind).length === 0)
    const all = kinds.map(properties)
    for (const field of fields) {
      const symbols = all.flatMap((one) => one.get(field.name) ?? [])
      const place = `${at}.${field.name}`
      if (symbols.length === 0) {
        wrong.push(`${place} is missing`)
        continue
      }
      const required = symbols.length === kinds.length && symbols.every((symbol) => !(symbol.flags & SymbolFlags.Optional))
      const ownToken = place.endsWith('login().token')
      if (required !== (field.required && !ownToken)) wrong.push(`${place} is ${required ? 'required' : 'optional'}`)
      if (kinds.length === 1) compare(typeOf(symbols[0]!), field.type, place, field)
      else {
        for (const symbol of symbols) compare(typeOf(symbol), field.type, place)
        const values = symbols.flatMap((symbol) => literals(typeOf(symbol)))
        for (const value of field.enum ?? []) if (!values.includes(value)) wrong.push(`${place} lacks ${value}`)
      }
    }
    const known = new Set(fields.map((field) => field.name))
    for (const one of all) {
      for (const [name, symbol] of one) {
        const gone = checker.getTypeOfSymbol(symbol)!.flags & (TypeFlags.Never | TypeFlags.Undefined)
        if (!known.has(name) && !gone) wrong.push(`${at}.${name} is in excess`)
      }
    }
  }

  /** Compares a whole payload. */
  function payload(type: Type, fields: Field[], at: string): void {
    if (fields.length === 1 && fields[0]!.name === '$') compare(type, fields[0]!.type, at)
    else if (fields.length === 0) {
      if (show(type) !== 'Empty' && show(type) !== 'Record<string, never>') wrong.push(`${at} is ${show(type)}, not empty`)
    } else compareFields([type], fields, at)
  }

  const client = properties(declared(`${title}Client`, api))
  const methods = properties(declared(`${title}Methods`, `${api}/methods.gen`))
  for (const { action, request, response } of catalogue.methods) {
    const symbol = client.get(camel(action))
    const type = symbol && checker.getTypeOfSymbol(symbol)
    // SignatureKind.Call
    const signature = type && checker.getSignaturesOfType(type, 0)[0]
    if (!signature) {
      wrong.push(`${action} is missing`)
      continue
    }
    if (action !== 'ping') payload(checker.getNonNullableType(checker.getParameterType(signature, 0)!)!, request, `${action}()`)
    const answer = checker.getReturnTypeOfSignature(signature)!
    payload(checker.getTypeArguments(answer as never)[0]!, response, `${action}() =>`)
  }
  const actions = new Set(catalogue.methods.map(({ action }) => camel(action)))
  for (const name of methods.keys()) if (!actions.has(name)) wrong.push(`${name} is in excess`)

  const pushes = properties(declared(`${title}Pushes`, `${api}/pushes.gen`))
  for (const { action, payload: fields } of catalogue.pushes) {
    const symbol = pushes.get(action)
    if (symbol) payload(checker.getTypeOfSymbol(symbol)!, fields, action)
    else wrong.push(`${action} is missing`)
    pushes.delete(action)
  }
  for (const name of pushes.keys()) wrong.push(`${name} is in excess`)

  // What the details of system events hold is JSON in a string, so no field leads there.
  const details = members(declared('SystemDetails', `${api}/objects.gen`))
  for (const [value, name] of systemDetails(catalogue)) {
    const kinds = details.filter((kind) => literals(typeOf(properties(kind).get('subtype')!)).includes(value))
    const found = wrong.length
    for (const kind of kinds) {
      const before = wrong.length
      object([typeOf(properties(kind).get('details')!)], name, `details<${value}>`)
      // One of the versions of a subtype must fit.
      if (wrong.length === before) wrong.length = found
      if (wrong.length === found) break
    }
    if (kinds.length === 0) wrong.push(`details of ${value} are missing`)
  }
  // Event and User hold what their variants have in common; the others are parts of the envelope, which RTMError replaces.
  const apart = [...Object.keys(catalogue.unions), 'Empty', 'Error', 'ErrorPayload']
  for (const name of Object.keys(catalogue.objects)) {
    if (!visited.has(name) && !apart.includes(name)) wrong.push(`${name} is used by nothing`)
  }
  return { wrong, catalogue, visited }
}

/** The subtypes of system events with the objects of their details. */
function systemDetails({ objects, unions }: Catalogue): [string, string][] {
  const listed = unions['Event.system.details']
  if (listed) return Object.entries(listed.variants)
  return Object.keys(objects).flatMap((name) => {
    const [head, , subtype, version] = name.split('.')
    return head === 'SystemDetails' && version ? [[subtype!, name] as [string, string]] : []
  })
}

for (const api of ['customer', 'agent'] as const) {
  test(`the types of the ${api} API are those of the catalogue`, () => {
    const { wrong, catalogue, visited } = walk(api)
    assert.deepEqual(wrong, [])
    assert.ok(catalogue.methods.length >= 33 && visited.size > 60)
  })
}
