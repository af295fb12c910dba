package athena;

import io.trino.spi.Page;
import io.trino.spi.connector.ColumnHandle;
import io.trino.spi.connector.ConnectorPageSource;
import io.trino.spi.connector.DynamicFilter;
import io.trino.spi.predicate.TupleDomain;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Reads a split once its dynamic filter is complete, as Athena does: what a join has told narrows the read. */
final class Reading implements ConnectorPageSource {
    private final DynamicFilter filter;
    private final TupleDomain<ColumnHandle> planned;
    private final Function<TupleDomain<ColumnHandle>, List<Page>> read;
    private Iterator<Page> pages;

    Reading(DynamicFilter filter, TupleDomain<ColumnHandle> planned,
            Function<TupleDomain<ColumnHandle>, List<Page>> read) {
        this.filter = filter;
        this.planned = planned;
        this.read = read;
    }

    @Override
    public CompletableFuture<?> isBlocked() {
        return filter.isAwaitable() ? filter.isBlocked() : NOT_BLOCKED;
    }

    @Override
    public Page getNextPage() {
        if (pages == null) {
            if (filter.isAwaitable()) {
                return null;
            }
            TupleDomain<ColumnHandle> domain = planned.intersect(filter.getCurrentPredicate());
            // Of no row nothing is asked.
            pages = (domain.isNone() ? List.<Page>of() : read.apply(domain)).iterator();
        }
        return pages.hasNext() ? pages.next() : null;
    }

    @Override
    public boolean isFinished() {
        return pages != null && !pages.hasNext();
    }

    @Override
    public long getCompletedBytes() {
        return 0;
    }

    @Override
    public long getReadTimeNanos() {
        return 0;
    }

    @Override
    public long getMemoryUsage() {
        return 0;
    }

    @Override
    public void close() {
    }
}
