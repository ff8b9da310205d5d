export const organization = '11111111-1111-4111-8111-111111111111'
export const server = new URLSearchParams(location.search).get('server')
