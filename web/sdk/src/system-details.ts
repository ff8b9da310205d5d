import type * as agent from './agent/objects.gen.ts'
import type * as customer from './customer/objects.gen.ts'

/**
 * Reads the details of a system event, which are JSON inside a string. Details that are no JSON stay as they are.
 *
 *     if (event.type === 'system') {
 *       const system = systemDetails(event)
 *       if (system.subtype === 'summary') console.log(system.details.summary.text)
 *     }
 */
export function systemDetails(event: agent.SystemEvent): agent.SystemDetails
export function systemDetails(event: customer.SystemEvent): customer.SystemDetails
export function systemDetails({ source, subtype, version, details }: customer.SystemEvent) {
  let parsed: unknown = details
  try {
    parsed = JSON.parse(details)
  } catch {
    // A text.
  }
  return { source, subtype, version, details: parsed }
}
