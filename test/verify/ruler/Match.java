import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import software.amazon.event.ruler.Machine;

/** Reads lines of {"pattern": ..., "event": ...} and prints, for each, whether EventBridge's own matcher matches them. */
public final class Match {
    public static void main(String[] args) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            JsonNode example = mapper.readTree(line);
            Machine machine = new Machine();
            machine.addRule("rule", example.get("pattern").toString());
            System.out.println(!machine.rulesForJSONEvent(example.get("event").toString()).isEmpty());
        }
    }
}
