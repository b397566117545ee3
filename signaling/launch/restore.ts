// npm run restore -- FILE: puts a backup in the place of the server's database; the server must be stopped.
import { restore } from '../registry-store/backup.ts'
import { runOnDatabase } from './database-command.ts'

runOnDatabase('restore', (folder, file) => restore(folder, file), 'The database is now that of')
