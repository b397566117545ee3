import { expose } from 'comlink'
import { createDataProcess } from '../src/neuron/data-process.ts'

expose(createDataProcess())
