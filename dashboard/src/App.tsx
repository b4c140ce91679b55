import { Card } from './ui/Card'

export function App() {
  return (
    <main className="p-4">
      <Card title="Outcry">
        <p className="p-4">Live quotes, portfolio and orders.</p>
      </Card>
    </main>
  )
}
