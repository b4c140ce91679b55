import { OpenOrders } from './orders/OpenOrders'
import { OrderTicket } from './orders/OrderTicket'
import { Overview } from './portfolio/Overview'
import { Positions } from './portfolio/Positions'
import { usePageTitle } from './shell/usePageTitle'
import { WatchlistCard } from './watchlist/WatchlistCard'

/** What a trader has open all day. */
export function TradePage() {
  usePageTitle('Trade')
  return (
    <>
      <h1 className="sr-only">Trade</h1>
      <div className="mx-auto grid max-w-[110rem] gap-2 sm:gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="lg:col-span-2">
          <Overview />
        </div>
        <div className="grid min-w-0 content-start gap-2 sm:gap-4">
          <WatchlistCard />
          <Positions />
        </div>
        <div className="grid min-w-0 content-start gap-2 sm:gap-4">
          <OrderTicket />
          <OpenOrders />
        </div>
      </div>
    </>
  )
}
