/** Reads workgroups, saved queries, databases and tables of Athena in the words of a template. */
import { GetNamedQueryCommand, GetWorkGroupCommand } from '@aws-sdk/client-athena'
import { GetDatabaseCommand, GetTableCommand } from '@aws-sdk/client-glue'
import { objectOf } from '../derive/json.ts'
import { tableFacts } from '../doctor/deployed-optional-types.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { asObject, membersOf, onMissing, type Readers } from './deployed-reader.ts'

export function athenaReaders({ athena, glue }: AdminClients): Readers {
  return {
    // aws: Athena answers so where there is no such thing.
    'AWS::Athena::WorkGroup': ({ properties }) =>
      onMissing(['InvalidRequestException'], async () => {
        const WorkGroup = String(properties.Name)
        const { WorkGroup: found } = await callAws('athena:GetWorkGroup', () =>
          athena.send(new GetWorkGroupCommand({ WorkGroup })),
        )
        return {
          Name: found?.Name,
          Description: found?.Description,
          State: found?.State,
          WorkGroupConfiguration: membersOf(properties.WorkGroupConfiguration, found?.Configuration),
        }
      }),
    'AWS::Athena::NamedQuery': ({ physicalId: NamedQueryId }) =>
      onMissing(['InvalidRequestException'], async () => {
        const { NamedQuery = {} } = await callAws('athena:GetNamedQuery', () =>
          athena.send(new GetNamedQueryCommand({ NamedQueryId })),
        )
        return asObject(NamedQuery)
      }),
    'AWS::Glue::Database': ({ properties }) =>
      onMissing(['EntityNotFoundException'], async () => {
        const { CatalogId, DatabaseInput } = properties
        const { Database } = await callAws('glue:GetDatabase', () =>
          glue.send(
            new GetDatabaseCommand({ CatalogId: String(CatalogId), Name: String(objectOf(DatabaseInput).Name) }),
          ),
        )
        return { CatalogId, DatabaseInput: membersOf(DatabaseInput, Database) }
      }),
    'AWS::Glue::Table': ({ properties }) =>
      onMissing(['EntityNotFoundException'], async () => {
        const { CatalogId, DatabaseName, TableInput } = properties
        const { Table = {} } = await callAws('glue:GetTable', () =>
          glue.send(
            new GetTableCommand({
              CatalogId: String(CatalogId),
              DatabaseName: String(DatabaseName),
              Name: String(objectOf(TableInput).Name),
            }),
          ),
        )
        return { CatalogId, DatabaseName, ...tableFacts(asObject(Table)) }
      }),
  }
}
