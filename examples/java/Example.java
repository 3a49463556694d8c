// Starts an order, hears of it by webhook (or --follow), helps where it is stuck; 0: it is online, 1: it ended otherwise.
import com.sun.net.httpserver.*;
import java.net.*;
import java.net.http.*;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.*;
import java.security.MessageDigest;
import java.util.*;
import java.util.concurrent.*;
import java.util.regex.*;
import javax.crypto.Mac;

public class Example {
  static final Map<String, String> env = System.getenv();
  static final String api = env.getOrDefault("MINIFLOW_API", "http://127.0.0.1:8080");
  static final String logo = env.getOrDefault("LOGO_URL", "http://127.0.0.1:8090/sim/v1/files/logo.png"); // the simulator's
  static final String number = "example-java-" + System.currentTimeMillis(); // our own: sent twice, it starts one order
  static final String order = api + "/v1/orders/2021000000000000/" + number;
  static final String addLogo = "{\"submission\":{\"files\":{\"app_logo\":{\"url\":\"%s\",\"sha256\":\"%s\"}}}}";
  static final Set<Object> seen = new HashSet<>(); // belongs into a database, into the transaction that acts
  static <T> T call(String url, String body, String header, Object value, HttpResponse.BodyHandler<T> as) throws Exception {
    var q = HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + env.getOrDefault("MINIFLOW_API_KEY", ""))
        .header("Content-Type", "application/json").header(header, value.toString())
        .method(body.isEmpty() ? "GET" : "POST", HttpRequest.BodyPublishers.ofString(body)).build();
    var a = HttpClient.newHttpClient().send(q, as);
    if (a.statusCode() > 299 && a.statusCode() != 409) // 409: the order has moved on, and needs no help any more
      throw new Exception(url + ": " + a.statusCode() + " " + a.body());
    return a.body();
  }

  // The JDK reads no JSON. This much of it is enough here, and leaves escapes as they are; you have a library for it.
  static final Pattern tokens = Pattern.compile("[{}\\[\\]]|\"((?:[^\"\\\\]|\\\\.)*)\"|[^\\s,:{}\\[\\]\"]+");
  static Object json(Matcher t) {
    String s = t.find() ? t.group() : "}", text = s.startsWith("\"") ? t.group(1) : s;
    var object = new HashMap<Object, Object>();
    var list = new ArrayList<Object>();
    if (s.equals("{")) for (Object k; (k = json(t)) != tokens; ) object.put(k, json(t));
    if (s.equals("[")) for (Object v; (v = json(t)) != tokens; ) list.add(v);
    return s.equals("{") ? object : s.equals("[") ? list : s.matches("[}\\]]") ? tokens : text; // tokens: here is the end
  }
  static Map<?, ?> read(String object) { return (Map<?, ?>) json(tokens.matcher(object)); }

  static synchronized void handle(Map<?, ?> e) throws Exception { // one by one: a repeat finds what the first one did
    if (seen.contains(e.get("id"))) return;
    System.out.println(e.get("sequence") + " " + e.get("type") + " " + e.get("stage") + " " + e.get("note"));
    if (List.of("order.attention_needed", "order.stage_changed").contains(e.get("type"))) help(e.get("id"));
    seen.add(e.get("id")); // only now: what failed above comes again
    if ("order.finished".equals(e.get("type"))) // the answer goes out first
      CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(() -> System.exit("online".equals(e.get("stage")) ? 0 : 1));
  }

  static void help(Object id) throws Exception { // an event may be old: what counts is how the order stands now
    var now = read(call(order, "", "Accept", "application/json", BodyHandlers.ofString()));
    var hold = now.get("hold") instanceof Map<?, ?> h ? h : Map.of();
    if ("needs_input".equals(hold.get("kind")) && List.of("submission.files.app_logo").equals(hold.get("fields"))) {
      byte[] sum = MessageDigest.getInstance("SHA-256").digest(new URL(logo).openStream().readAllBytes());
      call(order + "/provide-input", addLogo.formatted(logo, HexFormat.of().formatHex(sum)), "Idempotency-Key", id, BodyHandlers.ofString());
    } else if ("audit_rejected".equals(now.get("stage"))) { // audits[].reasons says why: the description
      call(order + "/resubmit", "{\"submission\":{\"app_desc\":\"Order at the table, queue from afar, collect points, find the shop.\"}}", "Idempotency-Key", id, BodyHandlers.ofString());
    } // anything else was printed, and waits for a person
  }

  // Standard Webhooks: base64(HMAC-SHA256(secret, id.time.body)), once for each secret while one replaces the other.
  static boolean genuine(Headers h, byte[] body) throws Exception {
    String id = h.getFirst("webhook-id"), time = h.getFirst("webhook-timestamp"), signatures = h.getFirst("webhook-signature");
    if (!(Math.abs(System.currentTimeMillis() / 1e3 - Double.parseDouble(time)) <= 300)) return false; // somebody may have recorded it
    var mac = Mac.getInstance("HmacSHA256"); // fails where WEBHOOK_SECRET is not set
    mac.init(new javax.crypto.spec.SecretKeySpec(Base64.getDecoder().decode(env.get("WEBHOOK_SECRET").replaceFirst("^whsec_", "")), "HmacSHA256"));
    mac.update((id + "." + time + ".").getBytes());
    byte[] want = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes();
    return Arrays.stream(signatures.split(" ")).anyMatch(one -> MessageDigest.isEqual(one.getBytes(), want)); // in constant time
  }

  static void receive(HttpExchange x) throws java.io.IOException {
    int status = 401; // also where a header is missing, or the secret
    try {
      byte[] body = x.getRequestBody().readAllBytes(); // as they came: JSON written anew has another signature
      if (genuine(x.getRequestHeaders(), body)) {
        status = 500; // what fails below comes again
        var data = (Map<?, ?>) read(new String(body, "UTF-8")).get("data");
        if (number.equals(data.get("out_order_no"))) // the app's other orders come here too
          for (Object e : (List<?>) data.get("events")) handle((Map<?, ?>) e);
        status = 204;
      }
    } catch (Exception e) { System.out.println(e); }
    x.sendResponseHeaders(status, -1);
  }

  public static void main(String[] args) throws Exception {
    call(api + "/v1/orders", Files.readString(Path.of("../order.json")).replace("NUMBER", number), "Accept", "application/json", BodyHandlers.ofString());
    for (; args.length > 0; Thread.sleep(1000)) // --follow. A stream ends after ten minutes; repeats do no harm
      for (String line : (Iterable<String>) call(order + "/events", "", "Accept", "text/event-stream", BodyHandlers.ofLines())::iterator)
        if (line.startsWith("data:")) handle(read(line.substring(5)));
    String[] at = env.getOrDefault("LISTEN", "127.0.0.1:3000").split(":");
    var server = HttpServer.create(new InetSocketAddress(at[0], Integer.parseInt(at[1])), 0);
    server.createContext("/", Example::receive);
    server.start(); // what was told before this comes again
  }
}
