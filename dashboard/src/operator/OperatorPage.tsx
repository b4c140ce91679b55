import { usePageTitle } from '../shell/usePageTitle'

/** What operators watch and tune. */
export default function OperatorPage() {
  usePageTitle('Operator')
  return <h1 className="text-lg font-semibold">Operator console</h1>
}
