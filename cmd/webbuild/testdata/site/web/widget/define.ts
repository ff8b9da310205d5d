import { urls } from '../sdk/src/index'

export class Element { readonly worker = urls.worker }
