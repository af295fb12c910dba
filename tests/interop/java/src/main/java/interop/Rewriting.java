package interop;

import com.amazonaws.athena.connector.lambda.data.BlockAllocatorImpl;
import com.amazonaws.athena.connector.lambda.request.FederationRequest;
import com.amazonaws.athena.connector.lambda.serde.VersionedObjectMapperFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;

/** Reads requests, lines of {@code {"version", "request"}}, and writes them again as the SDK writes them. */
final class Rewriting {
    private Rewriting() {
    }

    static void all(Path from, Path to) throws Exception {
        Lines.answer(from, to, line -> {
            try (BlockAllocatorImpl allocator = new BlockAllocatorImpl()) {
                ObjectMapper mapper = VersionedObjectMapperFactory.create(allocator, line.get("version").asInt());
                return mapper.writeValueAsString(
                        mapper.readValue(line.get("request").asText(), FederationRequest.class));
            }
        });
    }
}
