import data from './data.json'
import dot from './img/dot.svg'
import { Element } from '../widget/define'

export const shown = [data.title, dot, new Element().worker]
