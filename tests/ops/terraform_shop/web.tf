resource "aws_lb_listener_rule" "web" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 50

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.shop["web-01"].arn
  }

  condition {
    host_header {
      values = ["www.hankooktire.example"]
    }
  }

  tags = { Owner = "shop team" }
}
