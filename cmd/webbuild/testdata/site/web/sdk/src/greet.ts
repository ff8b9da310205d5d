export const greet = (name: string): string => name === '' ? 'nobody' : `hello ${name}`
