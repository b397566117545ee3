// npm run backup -- FILE: copies the server's database into a new file; the server may be running.
import { backUp } from '../registry-store/backup.ts'
import { runOnDatabase } from './database-command.ts'

runOnDatabase('backup', (folder, file) => backUp(folder, file), 'The database is copied to')
