import type { CustomerOptions } from 'rtmwidget'

/** Where the chat is, and who the customer is by what only the page knows. A change of any of it is another connection. */
export interface Settings extends Pick<CustomerOptions, 'token' | 'getToken' | 'identityProvider' | 'store'> {
  readonly organizationId: string
  readonly server?: string
  readonly clientId?: string
  /** The group that chats go to; default: what the server's routing says. */
  readonly groupId?: number
}

export interface Page {
  readonly url: string
  readonly title: string
}

/** What the page tells of the customer; the server hears of it as soon as there is a connection. */
export interface Facts {
  readonly name?: string
  readonly email?: string
  readonly sessionFields?: Readonly<Record<string, string>>
  /** Where the customer is. */
  readonly page?: Page
}
