/** The icons that the launcher needs before anything else is there, as the data of one path. */
export const chatShape = 'M4 11.2C4 7 7.6 4 12 4s8 3 8 7.2-3.6 7.2-8 7.2c-.8 0-1.6-.1-2.4-.3L5.2 20l.9-3.6A7 7 0 0 1 4 11.2ZM8.6 10h6.8M8.6 13h4'
export const downShape = 'm5.5 9 6.5 6.5L18.5 9'
