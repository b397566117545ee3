import { expose } from 'comlink'
import { createDataProcess } from '../src/neuron/data-process.ts'
import { dieOfUnhandledRejections } from '../src/runtime/system.ts'

dieOfUnhandledRejections()
expose(createDataProcess())
