package athena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trino.spi.HostAddress;
import io.trino.spi.connector.ConnectorSplit;
import java.util.List;

/** What was sent for one scan of a table: the constraints of planning and reading, and what came back of all its splits. */
final class Sent {
    final Scan scan;
    /** Of GetTableLayout and GetSplits. */
    final ObjectNode planned;
    /** Of ReadRecords, narrower where a join has told more; null before it is read. */
    volatile ObjectNode read;
    private int blocks;
    private boolean spilled;

    Sent(Scan scan, ObjectNode planned) {
        this.scan = scan;
        this.planned = planned;
    }

    synchronized void came(int further, boolean throughBucket) {
        blocks += further;
        spilled |= throughBucket;
    }

    synchronized int blocks() {
        return blocks;
    }

    synchronized boolean spilled() {
        return spilled;
    }

    /** One split of it, as the connector made it. */
    record Part(Sent sent, JsonNode split) implements ConnectorSplit {
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
            return sent.scan.name().toString();
        }
    }
}
