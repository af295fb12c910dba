package athena;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.spi.connector.ConnectorSplit;
import io.trino.spi.HostAddress;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** What was sent for one scan of a table: its one split, the constraints of planning and reading, and what came back. */
final class Sent implements ConnectorSplit {
    final Scan scan;
    /** Of GetTableLayout and GetSplits. */
    final ObjectNode planned;
    final JsonNode split;
    /** Of ReadRecords, narrower where a join has told more; null before it is read. */
    volatile ObjectNode read;
    volatile int blocks;
    volatile boolean spilled;

    Sent(Scan scan, ObjectNode planned, JsonNode split) {
        this.scan = scan;
        this.planned = planned;
        this.split = split;
    }

    @Override
    public boolean isRemotelyAccessible() {
        return true;
    }

    @Override
    public List<HostAddress> getAddresses() {
        return List.of();
    }

    @Override
    public Object getInfo() {
        return scan.name().toString();
    }
}
