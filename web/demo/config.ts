/** What rtmd's default seed holds; the demo pages rely on it. */
export const organizationId = '11111111-1111-4111-8111-111111111111'

const agents = [
  { name: 'agent1@example.com', token: 'dal:agent1' },
  { name: 'agent2@example.com', token: 'dal:agent2' },
] as const

/** agentToken reads `?agent=2`; anything else means the first agent. */
export function agentToken(search: string): string {
  return agents[new URLSearchParams(search).get('agent') === '2' ? 1 : 0].token
}
